import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import type { VirtualTime } from './virtual-time.ts';

/**
 * Puts simulated time in the place of every timer and clock that code can reach on its own, and forbids chance that no
 * seed decides. Resolves what `run` resolves with; afterwards all is as it was.
 */
export async function replaceGlobals<T>(time: VirtualTime, run: () => Promise<T>): Promise<T> {
  const real = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
    Date: globalThis.Date,
    random: Math.random,
    now: performance.now,
    timeout: AbortSignal.timeout,
    wait: timersPromises.setTimeout,
  };
  const startedAt = time.now();
  function clear(timer: unknown): void {
    time.cancel(timer);
  }

  Object.assign(globalThis, {
    setTimeout: (work: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) =>
      time.at(time.now() + ms, () => work(...given)),
    setInterval: (work: () => void, ms = 1) => time.every(ms, work),
    clearTimeout: clear,
    clearInterval: clear,
    Date: createDate(time),
  });
  Math.random = () => {
    throw new Error('the simulation met chance that no seed decides');
  };
  performance.now = () => time.now() - startedAt;
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    time.at(time.now() + ms, () => controller.abort(new DOMException('timed out', 'TimeoutError')));
    return controller.signal;
  };
  timersPromises.setTimeout = waitIn(time) as typeof timersPromises.setTimeout;
  syncBuiltinESMExports();
  try {
    return await run();
  } finally {
    const { now, random, timeout, wait, ...globals } = real;
    Object.assign(globalThis, globals);
    Math.random = random;
    performance.now = now;
    AbortSignal.timeout = timeout;
    timersPromises.setTimeout = wait;
    syncBuiltinESMExports();
  }
}

/** `new Date()` and `Date.now()` of simulated time; everything else is the real one's. */
function createDate(time: VirtualTime): DateConstructor {
  class SimulatedDate extends Date {
    constructor(...given: [] | [number]) {
      super(given.length === 0 ? time.now() : given[0]);
    }
    static override now(): number {
      return time.now();
    }
  }
  return SimulatedDate as unknown as DateConstructor;
}

function waitIn(time: VirtualTime) {
  return (ms: number, value: unknown, options: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      const timer = time.at(time.now() + ms, () => resolve(value));
      options.signal?.addEventListener('abort', () => {
        time.cancel(timer);
        reject(new DOMException('aborted', 'AbortError'));
      });
    });
}
