import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const BOSUN = new URL('../../app/cli/bosun.ts', import.meta.url).pathname;

test('bosun demo --story review sends work back, finds a bug in it and fixes it', { timeout: 280_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    BOSUN,
    'demo',
    '--story',
    'review',
    '--once',
    '--json',
  ]);
  const told = JSON.parse(stdout) as { tasks: { cost_usd: string }[] };
  expect(told).toMatchObject({
    story: 'review',
    chain: { state: 'passed' },
    tasks: [
      { type: 'implement', state: 'COMPLETED', verdict: 'PASSED', fixes: 1 },
      { type: 'review', state: 'COMPLETED' },
      { type: 'fix', state: 'COMPLETED', verdict: 'PASSED', fixes: 0 },
      { type: 'review', state: 'COMPLETED' },
    ],
    pull_request: { reviews: [expect.stringContaining('1 finding'), expect.stringContaining('No bug was found')] },
  });
  expect(told.tasks.every(({ cost_usd: cost }) => Number(cost) > 0)).toBe(true);
});
