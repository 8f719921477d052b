import { setTimeout as pause } from 'node:timers/promises';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import type { Fate } from './crashing-bosun.ts';
import { findFaults } from './find-faults.ts';
import type { Journey } from './journeys.ts';
import { openMachine, type Place } from './open-machine.ts';
import { startCrashingBosun, type CrashingBosun } from './start-crashing-bosun.ts';

/** Who continues after the death: the machine itself, started again, or another one once the leases have expired. */
export const VARIANTS = ['same', 'other'] as const;
export type Variant = (typeof VARIANTS)[number];

export interface Crashed {
  readonly journey: string;
  readonly point: string;
  readonly variant: Variant;
  /** False when this run did not come by the point: what came of it says nothing about the point. */
  readonly reached: boolean;
  /** From the death to the end of the journey, what people still had to say included; null when it did not come. */
  readonly convergedMs: number | null;
  /** What was broken at the end. */
  readonly broken: readonly string[];
}

/** So long it may take; what comes later is late, and what has not come after the patience is broken. */
export const CONVERGE_MS = 60_000;
export const PATIENCE_MS = 180_000;
const LOOK_MS = 100;

/** Leases of the variant where another machine has to wait for them; all else is as it ships. */
export const SHORT_TIMES = { leaseMs: 4_000, renewMs: 1_000, recoveryMs: 1_000 };

/** The points a journey passes when nobody dies, in order. Throws when it does not come to its end. */
export async function recordPoints(
  connection: PostgresConnection,
  journey: Journey,
  workers: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const place = await openMachine(connection, journey, workers);
  const bosun = startCrashingBosun({ settings: place.settings('first'), tellsPoints: true });
  try {
    await bosun.ready;
    const faults = await playToEnd(place, { deadlineMs: Date.now() + PATIENCE_MS });
    if (faults.length > 0) {
      throw new Error(`the journey ${journey.name} does not end as told even if nobody dies:\n${faults.join('\n')}`);
    }
    await bosun.stop();
    return [...new Set(bosun.points)];
  } finally {
    await bosun.kill();
    await place.close();
  }
}

/** Plays the journey on a place of its own, with a Bosun that dies at the point and another that continues. */
export async function crashAt(
  connection: PostgresConnection,
  at: { journey: Journey; point: string; variant: Variant; workers?: Readonly<Record<string, string>> },
): Promise<Crashed> {
  const { journey, point, variant } = at;
  const place = await openMachine(connection, journey, at.workers);
  const bosuns: CrashingBosun[] = [];
  function start(machine: string, fatalPoint?: string): CrashingBosun {
    const fate: Fate = {
      settings: place.settings(machine),
      ...(fatalPoint === undefined ? {} : { fatalPoint }),
      ...(variant === 'other' ? { times: SHORT_TIMES } : {}),
    };
    const bosun = startCrashingBosun(fate);
    bosuns.push(bosun);
    return bosun;
  }
  try {
    const first = start('first', point);
    let isDead = false;
    void first.gone.then(() => {
      isDead = true;
    });
    await first.ready;
    const early = await playToEnd(place, { deadlineMs: Date.now() + PATIENCE_MS, until: () => isDead });
    if (!isDead) {
      // What it clears up at the end may still be to come.
      await first.stop();
    }
    if ((await first.gone).signal !== 'SIGKILL') {
      return { journey: journey.name, point, variant, reached: false, convergedMs: null, broken: early };
    }
    const diedMs = Date.now();
    const next = start(variant === 'same' ? 'first' : 'second');
    await next.ready;
    const isElsewhere = (fault: string): boolean => variant === 'other' && fault.includes(' of first ');
    const faults = await playToEnd(place, { deadlineMs: diedMs + PATIENCE_MS, isAllowed: isElsewhere });
    const convergedMs = faults.length === 0 ? Date.now() - diedMs : null;
    if (variant === 'other') {
      // The dead machine comes back, clears up its own, and does nothing again that was done without it.
      await next.stop();
      await start('first').ready;
    }
    const later = await playToEnd(place, { deadlineMs: Date.now() + PATIENCE_MS });
    // What they still have in progress may not do anything a second time.
    await Promise.all(bosuns.map((bosun) => bosun.stop()));
    // A delivery that came while they shut down is for the next to route.
    const final = (await findFaults(place)).filter((fault) => !fault.endsWith('not routed'));
    const broken = [...new Set([...faults, ...later, ...final])];
    return { journey: journey.name, point, variant, reached: true, convergedMs, broken };
  } finally {
    await Promise.all(bosuns.map((bosun) => bosun.kill()));
    await place.close();
  }
}

/** Says what there is to say when its time has come, until nothing is missing; resolves with what still is. */
async function playToEnd(
  place: Place,
  options: { deadlineMs: number; until?: () => boolean; isAllowed?: (fault: string) => boolean },
): Promise<readonly string[]> {
  const { says } = place.journey;
  for (;;) {
    const next = says[place.said.length];
    if (next !== undefined) {
      const [task = null] = await place.stores.tasks.list({ limit: 1 });
      if (next.when?.({ task, modelTurns: place.model.calls.length }) ?? true) {
        place.say(next.body);
      }
    }
    await place.github.settled();
    const faults = (await findFaults(place)).filter((fault) => options.isAllowed?.(fault) !== true);
    const isOver = (faults.length === 0 && place.said.length === says.length) || options.until?.() === true;
    if (isOver || Date.now() > options.deadlineMs) {
      return faults;
    }
    await pause(LOOK_MS);
  }
}
