import { expect, test } from 'vitest';
import { KEPT_SEEDS } from './kept-seeds.ts';
import { renderFailure } from './run/render-summary.ts';
import { runSeed } from './run/run-seed.ts';

const SEEDS = 24;
const HOURS = 4;

async function findFailure(seed: number, hours: number): Promise<string> {
  const result = await runSeed({ seed, hours });
  return result.broken === null ? '' : renderFailure(result, hours);
}

test('hours of faults break nothing that must hold', { timeout: 180_000 }, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    expect(await findFailure(seed, HOURS)).toBe('');
  }
});

test.each(KEPT_SEEDS)('seed $seed: $why', { timeout: 120_000 }, async ({ hours, seed }) => {
  expect(await findFailure(seed, hours)).toBe('');
});

test('the same seed is the same run to the letter', async () => {
  const [one, other] = [await runSeed({ seed: 5, hours: HOURS }), await runSeed({ seed: 5, hours: HOURS })];
  expect(one.events).toBeGreaterThan(1_000);
  expect(other.hash).toBe(one.hash);
  expect((await runSeed({ seed: 6, hours: HOURS })).hash).not.toBe(one.hash);
});
