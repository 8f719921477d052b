import { expect, test } from 'vitest';
import { renderCommand } from '../../app/command/render-command.ts';
import { fenceOf } from '../contract/stores/store-harness.ts';
import { openAdmission, type AdmissionWorld } from './admission-world.ts';

const USD = 1_000_000_000;

/** A task of issue 3 that ended and cost this much. */
async function end(world: AdmissionWorld, costUsd: number): Promise<void> {
  await world.comment('/implement --yes');
  const task = await world.claim();
  const { attempts, tasks } = world.stores;
  const at = { taskId: task.id, epoch: task.epoch, now: world.now() };
  const requestId = task.id;
  await attempts.draw({ ...at, requestId, model: 'm', upperNano: costUsd * USD, keepNano: 0 });
  const usage = { inputTokens: 1, outputTokens: 1, cacheWriteTokens: 0, cacheReadTokens: 0 };
  await attempts.settle({ requestId, costNano: costUsd * USD, usage, now: world.now() });
  await tasks.move({ fence: fenceOf(task), to: 'FAILED', now: world.now(), event: { kind: 'task.ended', data: {} } });
}

test('--quote starts nothing and has the command that does', async () => {
  const world = openAdmission();
  expect(await world.comment('/implement Keep the old option. --quote --budget 2.50 --timeout 45')).toContain('quoted');
  expect(world.replies()).toEqual([
    'Nothing was started. No history yet; at most $2.50.\n\nTo start it, comment:\n\n```text\n/implement --budget 2.5 --timeout 45 Keep the old option.\n```',
  ]);
  await expect(world.task()).rejects.toThrow('no task was queued');
  await world.comment('/implement --budget 2.5 --timeout 45 Keep the old option.');
  expect(await world.task()).toMatchObject({
    budgetNano: 2.5 * USD,
    text: { request: 'Keep the old option.' },
    settings: { timeoutMs: 45 * 60_000, quote: null },
  });
});

test('from the fifth task on a quote comes from history and stays on the row', async () => {
  const world = openAdmission();
  for (const cost of [1, 2, 3, 4]) {
    await end(world, cost);
  }
  await world.comment('/implement --quote');
  expect(world.replies().at(-1)).toContain('No history yet');
  await end(world, 5);
  await world.comment('/implement --quote');
  expect(world.replies().at(-1)).toContain(
    'Usually $3.00, up to $5.00 in 9 of 10 cases (5 tasks of this type, size and tier in this repository)',
  );
  await world.comment('/implement');
  const { settings } = await world.task();
  expect(settings.quote).toEqual({ p50Nano: 3 * USD, p90Nano: 5 * USD, tasks: 5, basis: 'same' });
});

test('above the threshold of the file nothing starts before a person says so', async () => {
  const world = openAdmission('quote_above: 4\n');
  await world.comment('/implement');
  expect(world.replies().at(-1)).toContain('more than the $4.00 of `quote_above`');
  expect(world.replies().at(-1)).toContain('/implement --yes\n');
  await expect(world.task()).rejects.toThrow('no task was queued');
  await world.comment('/implement --yes');
  expect((await world.task()).settings.asked).toEqual({});
});

test('a task whose ceiling is below the threshold starts at once', async () => {
  const world = openAdmission('quote_above: 4\n');
  await world.comment('/implement --budget 4');
  expect(await world.task()).toMatchObject({ budgetNano: 4 * USD });
});

test('/status says how good the quotes of the repository are', async () => {
  const world = openAdmission();
  await world.comment('/status');
  expect(world.replies().at(-1)).toContain(
    'too few tasks of this repository were quoted to tell how good they are (0)',
  );
});

test('a command is written as a person would', () => {
  const flags = { path: 'my dir', budgetNano: USD, timeoutMs: 90_000, dryRun: true, tier: 'large' } as const;
  expect(renderCommand({ prefix: '@bosun ', name: 'implement', flags, text: 'Do it.\nAll of it.' })).toBe(
    '@bosun implement --tier large --budget 1 --timeout 1.5 --path "my dir" --dry-run Do it.\nAll of it.',
  );
});
