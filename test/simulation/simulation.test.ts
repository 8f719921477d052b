import { expect, test } from 'vitest';
import { renderFailure } from './run/render-summary.ts';
import { runSeed } from './run/run-seed.ts';

const HOURS = 6;

test('a day of faults breaks nothing that must hold', async () => {
  for (let seed = 1; seed <= 24; seed += 1) {
    const result = await runSeed({ seed, hours: HOURS });
    expect(result.broken === null ? '' : renderFailure(result, HOURS)).toBe('');
  }
});

test('the same seed is the same run to the letter', async () => {
  const [one, other] = [await runSeed({ seed: 5, hours: HOURS }), await runSeed({ seed: 5, hours: HOURS })];
  expect(one.events).toBeGreaterThan(1_000);
  expect(other.hash).toBe(one.hash);
  expect((await runSeed({ seed: 6, hours: HOURS })).hash).not.toBe(one.hash);
});
