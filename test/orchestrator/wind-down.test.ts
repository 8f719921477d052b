import { describe, expect, test } from 'vitest';
import type { OrchestratorContext } from '../../app/orchestrator/context.ts';
import { createTaskRun } from '../../app/orchestrator/task-run.ts';
import { windDown } from '../../app/orchestrator/wind-down.ts';
import { createMemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { AttemptEnvironment } from '../../app/task/attempt.ts';
import type { Task } from '../../app/task/task.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import { claimer, fenceOf, NOON, sampleTask } from '../contract/stores/store-harness.ts';

type Compute = Pick<OrchestratorContext['compute'], 'stop' | 'traits'>;

const traits = { survivesRestart: false, toolsFrom: 'host' } as const;

async function runningTask(stores: ReturnType<typeof createMemoryStores>): Promise<Task> {
  const task = sampleTask('task-1', { number: 1 });
  await stores.tasks.admit({ task, semanticKey: task.id, now: NOON, rate: { perUserPerHour: 100 }, outbox: [] });
  const claimed = await stores.tasks.claim(claimer());
  const fence = fenceOf(claimed?.task as Task);
  const moved = await stores.tasks.move({ fence, to: 'RUNNING', now: NOON, event: { kind: 'task.started' } });
  return moved.moved ? moved.task : expect.fail('the task did not move');
}

async function windDownWith(compute: Compute, setup: AttemptEnvironment['setup'] = null): Promise<Task | null> {
  const stores = createMemoryStores();
  const task = await runningTask(stores);
  await stores.attempts.recordEnvironment({
    fence: fenceOf(task),
    environment: { setup, verify: null, prepared: null },
    prepareTokenSha256: null,
    now: NOON,
  });
  const clock = { now: () => NOON };
  const log = createLogger({ level: 'silent', redact: (text) => text });
  const context = { clock, compute, log, stores, times: { stopGraceMs: 10_000 } } as unknown as OrchestratorContext;
  await windDown({ task, run: createTaskRun(clock), done: Promise.resolve() }, context);
  return stores.tasks.find(task.id);
}

test('a running task goes back to the queue when its worker has been stopped', async () => {
  const task = await windDownWith({ traits, stop: async () => ({ kind: 'unknown' }) });
  expect(task?.state).toBe('SUBMITTED');
  expect(task?.wait?.reason).toBe('backoff');
});

test('a worker that cannot be stopped does not keep the process from ending, and its task keeps its lease', async () => {
  const task = await windDownWith({ traits, stop: () => Promise.reject(new Error('the answer was lost')) });
  expect(task?.state).toBe('RUNNING');
  expect(task?.lease?.owner).toBe(claimer().owner);
});

describe('where workers outlive this process', () => {
  const stopped: string[] = [];
  const compute: Compute = {
    traits: { survivesRestart: true, toolsFrom: 'image' },
    stop: async ({ taskId }) => {
      stopped.push(taskId);
      return { kind: 'unknown' };
    },
  };

  test('one that works is left alone, and its task keeps its lease', async () => {
    stopped.length = 0;
    const task = await windDownWith(compute);
    expect(task?.state).toBe('RUNNING');
    expect(task?.lease?.owner).toBe(claimer().owner);
    expect(stopped).toEqual([]);
  });

  test('one that prepares an environment is stopped, and its task goes back to the queue', async () => {
    stopped.length = 0;
    const task = await windDownWith(compute, { commands: ['npm ci'], source: 'file', because: [] });
    expect(task?.state).toBe('SUBMITTED');
    expect(stopped).toContain('task-1');
  });
});
