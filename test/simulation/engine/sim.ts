import type { Chance } from './chance.ts';
import type { Trace } from './trace.ts';
import type { Owner, VirtualTime } from './virtual-time.ts';

/** What goes wrong in a run, and how often; drawn again for each seed, so that runs differ in kind. */
export interface Profile {
  /** Shares per call that matters. */
  readonly crash: number;
  readonly pause: number;
  readonly fail: number;
  readonly lost: number;
  readonly delay: number;
  /** Of messages. */
  readonly noticeLost: number;
  readonly deliveryLost: number;
  readonly deliveryTwice: number;
  /** Of workers. */
  readonly hostile: number;
  /** Times a day. */
  readonly databaseOutages: number;
  readonly githubOutages: number;
  readonly clockJumps: number;
  readonly deploys: number;
}

export interface Broken {
  readonly invariant: string;
  readonly sentence: string;
}

/** One run: its time, its chance, what was seen, and what went wrong. */
export interface Sim {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly profile: Profile;
  /** How often each kind of thing happened. */
  readonly tally: Map<string, number>;
  count(what: string): void;
  /** Records that something that must hold does not; the run ends there. */
  broke(invariant: string, sentence: string): void;
  firstBroken(): Broken | null;
  /** No more faults and no more people: what is left must come to rest. */
  isQuiet(): boolean;
  quieten(): void;
}

export function createSim(parts: Pick<Sim, 'time' | 'chance' | 'trace' | 'profile'>): Sim {
  const tally = new Map<string, number>();
  let first: Broken | null = null;
  let quiet = false;
  return {
    ...parts,
    tally,
    count: (what) => void tally.set(what, (tally.get(what) ?? 0) + 1),
    broke(invariant, sentence) {
      parts.trace.say(`BROKEN ${invariant}: ${sentence}`);
      first ??= { invariant, sentence };
    },
    firstBroken: () => first,
    isQuiet: () => quiet,
    quieten: () => {
      quiet = true;
    },
  };
}

/** Some runs are calm, some have a few kinds of faults, some have all of them. */
export function drawProfile(chance: Chance): Profile {
  const often = (most: number): number => (chance.happens(0.6) ? most * chance.next() ** 2 : 0);
  return {
    crash: often(0.012),
    pause: often(0.004),
    fail: often(0.03),
    lost: often(0.03),
    delay: often(0.3),
    noticeLost: often(0.8),
    deliveryLost: often(0.4),
    deliveryTwice: often(0.5),
    hostile: often(0.7),
    databaseOutages: often(6),
    githubOutages: often(5),
    clockJumps: often(10),
    deploys: often(6),
  };
}

export function isAwake(owner: Owner, time: VirtualTime): boolean {
  return !owner.dead && owner.pausedUntil <= time.now();
}
