import { expect, test } from 'vitest';
import type { OrchestratorContext } from '../../app/orchestrator/context.ts';
import { createTaskRun } from '../../app/orchestrator/task-run.ts';
import { windDown } from '../../app/orchestrator/wind-down.ts';
import { createMemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { Task } from '../../app/task/task.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import { claimer, fenceOf, NOON, sampleTask } from '../contract/stores/world.ts';

type Compute = Pick<OrchestratorContext['compute'], 'stop'>;

async function runningTask(stores: ReturnType<typeof createMemoryStores>): Promise<Task> {
  const task = sampleTask('task-1', { number: 1 });
  await stores.tasks.admit({ task, semanticKey: task.id, now: NOON, rate: { perUserPerHour: 100 }, outbox: [] });
  const claimed = await stores.tasks.claim(claimer());
  const fence = fenceOf(claimed?.task as Task);
  const moved = await stores.tasks.move({ fence, to: 'RUNNING', now: NOON, event: { kind: 'task.started' } });
  return moved.moved ? moved.task : expect.fail('the task did not move');
}

async function windDownWith(compute: Compute): Promise<Task | null> {
  const stores = createMemoryStores();
  const task = await runningTask(stores);
  const clock = { now: () => NOON };
  const log = createLogger({ level: 'silent', redact: (text) => text });
  const context = { clock, compute, log, stores, times: { stopGraceMs: 10_000 } } as unknown as OrchestratorContext;
  await windDown({ task, run: createTaskRun(clock), done: Promise.resolve() }, context);
  return stores.tasks.find(task.id);
}

test('a running task goes back to the queue when its worker has been stopped', async () => {
  const task = await windDownWith({ stop: async () => ({ kind: 'unknown' }) });
  expect(task?.state).toBe('SUBMITTED');
  expect(task?.wait?.reason).toBe('backoff');
});

test('a worker that cannot be stopped does not keep the process from ending, and its task keeps its lease', async () => {
  const task = await windDownWith({ stop: () => Promise.reject(new Error('the answer was lost')) });
  expect(task?.state).toBe('RUNNING');
  expect(task?.lease?.owner).toBe(claimer().owner);
});
