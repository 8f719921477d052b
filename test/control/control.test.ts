import { describe, expect, test } from 'vitest';
import { parseServerConfig } from '../../app/config/server-config.ts';
import { resumeTask } from '../../app/control/resume-task.ts';
import { stopTask } from '../../app/control/stop-task.ts';
import { topUp, topUpFactsOf } from '../../app/control/top-up.ts';
import { createMemoryStores, type MemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { Task, Wait } from '../../app/task/task.ts';
import { claimer, fenceOf, NOON, sampleTask, usd } from '../contract/stores/store-harness.ts';

const BY = { id: 7, login: 'maintainer' };

type Standing = 'queued' | 'running' | 'ended' | Wait['reason'];

/** A task that stands as named: in the queue, running, ended, or waiting for that reason. */
async function taskThat(stores: MemoryStores, standing: Standing): Promise<Task> {
  const task = sampleTask('task-1');
  await stores.tasks.admit({ task, semanticKey: task.id, now: NOON, rate: { perUserPerHour: 10 }, outbox: [] });
  if (standing !== 'queued') {
    const claimed = await stores.tasks.claim(claimer());
    const move = {
      fence: fenceOf(claimed?.task as Task),
      now: NOON,
      event: { kind: 'task.note' as const, data: { note: '' } },
    };
    if (standing === 'running') {
      await stores.tasks.move({ ...move, to: 'RUNNING' });
    } else if (standing === 'ended') {
      await stores.tasks.move({ ...move, to: 'FAILED' });
    } else {
      const wait = { reason: standing, wakeAt: NOON, note: null, blockedOn: null };
      await stores.tasks.move({ ...move, to: 'SUBMITTED', wait });
    }
  }
  return (await stores.tasks.find('task-1')) ?? expect.fail('no task');
}

describe('stopping', () => {
  test.each<[Standing, 'cancel' | 'pause', string]>([
    ['queued', 'cancel', 'cancelled'],
    ['queued', 'pause', 'paused'],
    ['running', 'cancel', 'cancel_requested'],
    ['running', 'pause', 'pause_requested'],
    ['human', 'cancel', 'cancelled'],
    ['human', 'pause', 'paused'],
    ['ended', 'cancel', 'already_ended'],
    ['ended', 'pause', 'already_ended'],
  ])('a task that is %s: %s → %s', async (standing, kind, code) => {
    const stores = createMemoryStores();
    const task = await taskThat(stores, standing);
    const result = await stopTask({ taskId: task.id, stop: { kind, by: BY, at: NOON } }, stores);
    expect(result.code).toBe(code);
  });
});

describe('resuming', () => {
  test.each<[Standing, string]>([
    ['queued', 'already_queued'],
    ['running', 'already_running'],
    ['ended', 'already_ended'],
    ['paused', 'resumed'],
    ['human', 'resumed'],
    ['github', 'resumed'],
    ['model', 'resumed'],
    ['budget', 'budget_used_up'],
    ['dependency', 'already_queued'],
  ])('a task that is %s → %s', async (standing, code) => {
    const stores = createMemoryStores();
    const task = await taskThat(stores, standing);
    expect((await resumeTask({ task, by: BY, now: NOON }, stores)).code).toBe(code);
  });
});

describe('topping up', () => {
  const parsed = parseServerConfig({});
  const server = parsed.ok ? parsed.config : expect.fail('the defaults are no settings');

  test.each<[Standing, number, object]>([
    ['budget', 2, { code: 'raised', resumed: true }],
    ['paused', 2, { code: 'raised', resumed: false }],
    ['running', 2, { code: 'raised', resumed: false }],
    ['running', 1_000, { code: 'never_fits' }],
    ['ended', 2, { code: 'already_ended' }],
  ])('a task that is %s by $%d', async (standing, dollars, expected) => {
    const stores = createMemoryStores();
    const task = await taskThat(stores, standing);
    const request = { task, addNano: usd(dollars), by: BY, now: NOON, key: 'one' };
    const options = { tasks: stores.tasks, facts: topUpFactsOf(task, server) };
    expect(await topUp(request, options)).toMatchObject(expected);
  });

  test('the same command adds once', async () => {
    const stores = createMemoryStores();
    const task = await taskThat(stores, 'running');
    const request = { task, addNano: usd(2), by: BY, now: NOON, key: 'one' };
    const options = { tasks: stores.tasks, facts: topUpFactsOf(task, server) };
    await topUp(request, options);
    expect(await topUp(request, options)).toMatchObject({ code: 'raised', task: { budgetNano: usd(7) } });
  });
});
