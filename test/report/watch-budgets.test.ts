import { expect, it } from 'vitest';

import { watchBudgets, type BudgetWatchOptions } from '../../app/report/budgets/watch-budgets.ts';
import { createMemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { ScopeAccount } from '../../app/store/stores.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import { claimer, limits, NOON, sampleTask, usd } from '../contract/stores/store-harness.ts';

const LIMITS = limits({ repositoryDayNano: usd(10), serverDayNano: usd(200) });

/** A repository of which a task has spent so much, and a watch that listens. */
async function openHarness(spent: number) {
  const stores = createMemoryStores();
  const warned: ScopeAccount[] = [];
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const watch: BudgetWatchOptions = {
    stores,
    clock: { now: () => NOON },
    log: createLogger({ level: 'info', redact: (text) => text, destination }),
    limits: LIMITS.budgets,
    onWarning: (scope) => warned.push(scope),
  };
  const task = sampleTask('01TASK', { number: 4, budgetNano: usd(10) });
  await stores.tasks.admit({ task, semanticKey: 'a', now: NOON, rate: { perUserPerHour: 9 }, outbox: [] });
  await stores.tasks.claim(claimer({ limits: LIMITS }));
  const request = { taskId: task.id, epoch: 1, requestId: 'r', model: 'm', upperNano: usd(spent), keepNano: 0 };
  await stores.attempts.draw({ ...request, now: NOON });
  const usage = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };
  await stores.attempts.settle({ requestId: 'r', costNano: usd(spent), usage, now: NOON });
  const messages = () => stores.outbox.take({ holder: 'test', max: 9, now: NOON, leaseMs: 0 });
  return { stores, watch, warned, lines, messages };
}

it('warns once, on the thread of the newest task, that most of a budget is spent, also while the task still runs', async () => {
  const { lines, messages, stores, warned, watch } = await openHarness(8);
  await Promise.all([watchBudgets(watch), watchBudgets(watch)]);
  await watchBudgets(watch);
  const said = await messages();
  expect(said).toHaveLength(1);
  expect(said[0]).toMatchObject({ thread: { number: 4 }, key: 'budget-warning/repository-day:1@2026-11-21' });
  expect(said[0]?.message).toMatchObject({
    body: expect.stringMatching(/repository budget of \$10\.00 a day is 80 % spent: \$8\.00, and \$2\.00 .*reserved/),
  });
  expect(warned.map(({ scope }) => scope)).toEqual(['repository-day:1']);
  expect(lines.filter((line) => line.includes('Most of a budget is spent'))).toHaveLength(1);
  const [day] = await stores.budgets.scopes({ repositoryId: 1, now: NOON, limits: LIMITS.budgets });
  expect(day?.warnedAt).toEqual(NOON);
});

it('does not warn about money that is only reserved', async () => {
  const { messages, warned, watch } = await openHarness(7.99);
  await watchBudgets(watch);
  expect([await messages(), warned]).toEqual([[], []]);
});
