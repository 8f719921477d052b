import type { Sim } from './sim.ts';
import type { Owner } from './virtual-time.ts';

/** One call of a process to something outside it. */
export interface Call {
  readonly port: string;
  readonly method: string;
}

/** What the caller gets when a call failed or its answer was lost: a value, or an error to throw. */
export type Refuse = (call: Call, why: string) => unknown;

export interface Link {
  readonly port: string;
  readonly refuse: Refuse;
  /** When calls of this port cannot be made at all. */
  readonly isDown?: () => boolean;
  /** Methods that fail in no way of their own, such as one that waits for something. */
  readonly untouched?: readonly string[];
  /** How long a request may be under way; 20 s unless told. */
  readonly mostDelayMs?: number;
  /** Once asked for it is sent: the process does not stand still in between. */
  readonly sentAtOnce?: boolean;
}

/** Calls that are made all day long whether or not there is anything to do; faults are for the others. */
const IDLE =
  /^(?:renew|adopt|settleOrphans|list|nextWakeAt|nextDueAt|take|takeDirty|wakeDue|claim\w*|known|prune|read|write|scopes)$/;
const IDLE_SHARE = 1 / 150;

/**
 * A port as a process sees it: everything it calls goes through kernel and network, which may let it wait, fail it
 * before it is carried out or lose the answer after it was, stop the process, or end it there and then.
 */
export function connect<T extends object>(target: T, owner: Owner, context: Link & { sim: Sim }): T {
  const chance = context.sim.chance.stream(`network ${owner.name} ${context.port}`);
  return new Proxy(target, {
    get(port, key) {
      const member = Reflect.get(port, key) as unknown;
      if (typeof member !== 'function' || typeof key !== 'string') {
        return member;
      }
      if (context.untouched?.includes(key) === true) {
        return member;
      }
      const call = { port: context.port, method: key };
      return (...given: unknown[]) =>
        carry(() => Reflect.apply(member, port, given) as unknown, { ...context, call, owner, chance });
    },
  });
}

interface Carriage extends Link {
  readonly sim: Sim;
  readonly call: Call;
  readonly owner: Owner;
  readonly chance: Sim['chance'];
}

async function carry(run: () => unknown, about: Carriage): Promise<unknown> {
  const { call, chance, owner, sim } = about;
  if (isStopped(owner, sim)) {
    await untilAwake(owner, sim);
  }
  if (sim.isQuiet()) {
    return giveBack(sim.time.as(null, run), about);
  }
  if (about.isDown?.() === true) {
    sim.count(`fault: ${call.port} down`);
    await sim.time.sleep(200);
    return giveBack(refused(about, 'it is down'), about);
  }
  const weight = IDLE.test(call.method) ? IDLE_SHARE : 1;
  const fate = drawFate(about, weight);
  if (fate === 'none') {
    return giveBack(sim.time.as(null, run), about);
  }
  sim.count(`fault: ${fate}`);
  sim.trace.say(`${owner.name} ${call.port}.${call.method} ${fate}`);
  switch (fate) {
    case 'crash before':
      return die(owner);
    case 'fail':
      return giveBack(refused(about, 'the connection was lost before'), about);
    case 'delay': {
      // What is on its way arrives, whatever has become of the sender.
      const arrivesAt = sim.time.now() + chance.between(1, about.mostDelayMs ?? 20_000);
      await new Promise<void>((resolve) => void sim.time.at(arrivesAt, resolve, null));
      return giveBack(sim.time.as(null, run), about);
    }
    case 'pause before':
      owner.pausedUntil = sim.time.now() + chance.between(20_000, 300_000);
      await untilAwake(owner, sim);
      return giveBack(sim.time.as(null, run), about);
    case 'pause after': {
      const answer = await sim.time.as(null, run);
      owner.pausedUntil = Math.max(owner.pausedUntil, sim.time.now() + chance.between(20_000, 300_000));
      return giveBack(answer, about);
    }
    case 'lost':
      await sim.time.as(null, run);
      return giveBack(refused(about, 'the answer was lost'), about);
    case 'crash after':
      await sim.time.as(null, run);
      return die(owner);
  }
}

type Fate = 'none' | 'crash before' | 'crash after' | 'fail' | 'lost' | 'delay' | 'pause before' | 'pause after';

function drawFate({ chance, sentAtOnce, sim }: Carriage, weight: number): Fate {
  const { crash, delay, fail, lost, pause } = sim.profile;
  const shares: readonly (readonly [Fate, number])[] = [
    ['crash before', crash / 2],
    ['crash after', crash / 2],
    ['fail', fail],
    ['lost', lost],
    ['delay', delay],
    ['pause before', sentAtOnce === true ? 0 : pause / 2],
    ['pause after', pause / 2],
  ];
  let lot = chance.next() / weight;
  for (const [fate, share] of shares) {
    if (lot < share) {
      return fate;
    }
    lot -= share;
  }
  return 'none';
}

async function refused({ call, refuse }: Carriage, why: string): Promise<unknown> {
  return refuse(call, `${call.port}.${call.method}: ${why}`);
}

/** `given` may still be on its way. */
async function giveBack(given: unknown, { owner, sim }: Carriage): Promise<unknown> {
  const answer = await given;
  if (isStopped(owner, sim)) {
    await untilAwake(owner, sim);
  }
  return answer;
}

function isStopped(owner: Owner, sim: Sim): boolean {
  return owner.dead || owner.pausedUntil > sim.time.now();
}

/** Comes back when the owner runs; never when it is dead. */
async function untilAwake(owner: Owner, sim: Sim): Promise<void> {
  while (!owner.dead && owner.pausedUntil > sim.time.now()) {
    const until = owner.pausedUntil;
    await new Promise<void>((resolve) => void sim.time.at(until, resolve, null));
  }
  if (owner.dead) {
    await forever();
  }
}

function die(owner: Owner): Promise<never> {
  owner.dead = true;
  return forever();
}

function forever(): Promise<never> {
  return new Promise(() => {});
}
