import { expect, test } from 'vitest';
import { BEHAVIOR_NAMES } from './provider-behaviors.ts';
import { randomRun } from './random-calls.ts';
import { READERS, simulateSpending } from './simulate-spending.ts';

const RUNS = Number(process.env['BOSUN_SPENDING_RUNS'] ?? 40);
const USD = 1_000_000_000;
const EXACT = { over: 0, underNano: 0, aboveBound: 0, openNano: 0 };

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
    const { batches, budgetNano, dies } = randomRun(seed);
    const { calls: _calls, ...report } = await simulateSpending(batches, budgetNano, { dies });
    expect({ seed, ...report }).toEqual({ seed, ...EXACT });
  }
}, 300_000);
