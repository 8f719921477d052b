import { describe, expect, test } from 'vitest';
import type { OrchestratorContext } from '../../app/orchestrator/context.ts';
import { decideRecovery, recover } from '../../app/orchestrator/recover.ts';
import { stepFinalizing } from '../../app/orchestrator/step-finalizing.ts';
import { createTaskRun } from '../../app/orchestrator/task-run.ts';
import { createMemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { Attempt } from '../../app/task/attempt.ts';
import type { Task } from '../../app/task/task.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import { createMetrics } from '../../app/telemetry/metrics.ts';
import { claimer, fenceOf, NOON, sampleTask } from '../contract/stores/store-harness.ts';

const LATER = new Date(NOON.getTime() + 60_000);

async function finalizing(stores: ReturnType<typeof createMemoryStores>, number: number): Promise<Task> {
  const task = sampleTask(`task-${number}`, { number });
  await stores.tasks.admit({ task, semanticKey: task.id, now: NOON, rate: { perUserPerHour: 100 }, outbox: [] });
  const claimed = await stores.tasks.claim(claimer());
  const fence = fenceOf(claimed?.task as Task);
  await stores.tasks.move({ fence, to: 'RUNNING', now: NOON, event: { kind: 'task.started' } });
  const ended = { kind: 'task.session_ended' as const, data: { session: { kind: 'finished' as const } } };
  const moved = await stores.tasks.move({ fence, to: 'FINALIZING', now: NOON, event: ended });
  return moved.moved ? moved.task : expect.fail('the task did not move');
}

function contextOf(parts: Partial<OrchestratorContext>): OrchestratorContext {
  const log = createLogger({ level: 'silent', redact: (text) => text });
  const times = { leaseMs: 30_000, stopGraceMs: 0, githubPatienceMs: 1_000 };
  const readFacts = () => Promise.reject(new Error('not asked'));
  const metrics = createMetrics({ now: () => LATER, readFacts, process: 'off' });
  return { clock: { now: () => LATER }, owner: 'two', log, metrics, times, ...parts } as OrchestratorContext;
}

test('a task that cannot be taken over does not keep the others waiting', async () => {
  const stores = createMemoryStores();
  await finalizing(stores, 1);
  await finalizing(stores, 2);
  const compute = {
    traits: { survivesRestart: false, toolsFrom: 'host' },
    probe: async ({ taskId }: { taskId: string }) =>
      taskId === 'task-1' ? Promise.reject(new Error('the disk is full')) : { kind: 'unknown' },
  } as unknown as OrchestratorContext['compute'];
  const goingOn = await recover(contextOf({ stores, compute }), { max: 10, holding: [] });
  expect(goingOn.map((task) => task.id)).toEqual(['task-2']);
});

test('a process that finalizes does not continue under the lease of the one that took over', async () => {
  const stores = createMemoryStores();
  const before = await finalizing(stores, 1);
  const [adopted] = await stores.tasks.adopt({ owner: 'two', now: LATER, leaseMs: 30_000, max: 1 });
  expect(adopted?.lease?.number).not.toBe(before.lease?.number);
  const published: string[] = [];
  const publisher = {
    publish: async () => {
      published.push('publish');
      return { kind: 'stale' };
    },
  } as unknown as OrchestratorContext['publisher'];
  const { signals } = createTaskRun({ now: () => LATER });
  expect(await stepFinalizing(before, contextOf({ stores, publisher }), signals)).toBeNull();
  expect(published).toEqual([]);
});

describe('a task taken over while it ran', () => {
  const RUNNING_TASK = { state: 'RUNNING', stop: null } as Task;
  const WORKS = { result: null, environment: { setup: null, verify: null, prepared: null } };
  const PREPARES = {
    ...WORKS,
    environment: { ...WORKS.environment, setup: { commands: ['x'], source: 'file', because: [] } },
  };
  const RUNS = { kind: 'running' } as const;
  const EXITED = { kind: 'exited', exitCode: 1, signal: null, outOfMemory: false, outputTail: '' } as const;
  test.each([
    ['goes on when its worker still runs', WORKS, RUNS, true, 'continue'],
    ['goes on when its worker ended meanwhile, for its step to judge', WORKS, EXITED, true, 'continue'],
    ['is lost when its worker is gone', WORKS, { kind: 'unknown' } as const, true, 'lose'],
    ['is lost when it was preparing its environment', PREPARES, RUNS, true, 'lose'],
    ['is lost when its worker was a child of the process that is gone', WORKS, RUNS, false, 'lose'],
  ])('%s', (_what, attempt, session, survivesRestart, decision) => {
    const facts = { attempt: attempt as unknown as Attempt, session, survivesRestart };
    expect(decideRecovery(RUNNING_TASK, facts).do).toBe(decision);
  });
});
