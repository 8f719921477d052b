import { expect, test } from 'vitest';
import { BEHAVIOR_NAMES } from './provider-behaviors.ts';
import { READERS, simulateSpending } from './simulate-spending.ts';
import type { SimulatedCall } from './simulate-spending.ts';

const RUNS = Number(process.env['BOSUN_SPENDING_RUNS'] ?? 40);
const USD = 1_000_000_000;
const EXACT = { over: 0, underNano: 0, aboveBound: 0, openNano: 0 };

/** A small generator of our own, so that a seed names the same run everywhere. */
function createRandom(seed: number): () => number {
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

test.each(BEHAVIOR_NAMES)(
  '%s is never charged below what was generated, whoever reads it',
  async (fate) => {
    for (const reader of READERS) {
      for (const stream of fate.includes('stream') ? [true] : [false, true]) {
        const call = { fate, reader, stream, maxTokens: 3_000, words: 50, share: 0.9 };
        expect({ reader, stream, ...(await simulateSpending([[call]], 5 * USD)) }).toEqual({
          reader,
          stream,
          calls: 1,
          ...EXACT,
        });
      }
    }
  },
  60_000,
);

test(`${RUNS} runs of up to 64 parallel calls never exceed their budgets, nor charge too little`, async () => {
  for (let seed = 0; seed < RUNS; seed += 1) {
    const random = createRandom(seed);
    const batches = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
      Array.from({ length: seed % 8 === 0 ? 64 : 1 + Math.floor(random() * 8) }, () => randomCall(random)),
    );
    const { calls: _calls, ...report } = await simulateSpending(batches, Math.floor(random() * 3 * USD));
    expect({ seed, ...report }).toEqual({ seed, ...EXACT });
  }
}, 300_000);
