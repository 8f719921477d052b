import { BEHAVIOR_NAMES } from './provider-behaviors.ts';
import { READERS, type SimulatedCall } from './simulate-spending.ts';

const USD = 1_000_000_000;

/** A small generator of our own, so that a seed names the same run everywhere. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

function randomCall(random: () => number): SimulatedCall {
  const fate = pick(random, BEHAVIOR_NAMES);
  return {
    fate,
    reader: pick(random, READERS),
    stream: fate.includes('stream') || random() < 0.3,
    maxTokens: Math.floor(random() * 20_000),
    words: 1 + Math.floor(random() * 2_000),
    share: random(),
  };
}

/** What a worker that wants to overspend does in one run: up to three waves of calls, in every eighth run 64 at once. */
export function randomRun(seed: number): { batches: SimulatedCall[][]; budgetNano: number; dies: boolean } {
  const random = createRandom(seed);
  const batches = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
    Array.from({ length: seed % 8 === 0 ? 64 : 1 + Math.floor(random() * 8) }, () => randomCall(random)),
  );
  return { batches, budgetNano: Math.floor(random() * 3 * USD), dies: seed % 5 === 4 };
}
