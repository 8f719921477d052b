import { expect, test } from 'vitest';
import { followChains, type FollowOptions } from '../../app/admission/follow-chains.ts';
import { createMemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { Task } from '../../app/task/task.ts';
import type { WorkerResult } from '../../protocol/index.ts';
import { claimer, fenceOf, NOON, sampleTask } from '../contract/stores/store-harness.ts';
import { reproductionStep } from '../../app/task/findings.ts';

const FINDING = { path: 'a.js', line: 1, title: 'Wrong', body: 'x', reproduction: { command: 'false' } };
const LATER = new Date(NOON.getTime() + 60_000);

function open() {
  const stores = createMemoryStores();
  const options: FollowOptions = {
    stores,
    clock: { now: () => LATER },
    newId: ({ semanticKey }) => `id-${semanticKey.split('/').at(-1) ?? ''}`,
    log: { info: () => undefined } as unknown as FollowOptions['log'],
    server: {
      limits: { tasksPerUserPerHour: 99, budgets: claimer().limits.budgets },
    } as unknown as FollowOptions['server'],
  };

  /** Takes the next task to its end. */
  async function end(outcome: string, output: WorkerResult['output'] = null): Promise<Task> {
    const { task } = (await stores.tasks.claim({ ...claimer(), now: LATER })) ?? expect.fail('nothing to claim');
    const fence = fenceOf(task);
    const ref = { taskId: task.id, epoch: task.epoch, now: LATER };
    await stores.tasks.move({ fence, to: 'RUNNING', now: LATER, event: { kind: 'task.started' } });
    const result: WorkerResult = { ending: 'done', summary: '', questions: [], turns: 1, output };
    await stores.attempts.finish({ ...ref, result });
    const step = reproductionStep(FINDING) ?? expect.fail('no step');
    const run = { commit: 'c', reading: 'fail', cause: null, exitCode: 1, durationMs: 1, outputTail: '' } as const;
    const row = { name: step.name, at: 'head' as const, try: 1, run: { ...run, isFlaky: false, reportKey: null } };
    await stores.checks.record({ fence, now: LATER, rows: [row], events: [] });
    const sessionEnd = { kind: 'finished' } as const;
    const event = { kind: 'task.session_ended', data: { session: sessionEnd } } as const;
    await stores.tasks.move({ fence, to: 'FINALIZING', now: LATER, sessionEnd, event });
    const patch = {
      outcome: { kind: outcome } as NonNullable<Task['outcome']>,
      publication: { pullNumber: 7, headSha: 'c', epoch: 1 },
    };
    const ended = { kind: 'task.ended', data: {} } as const;
    await stores.tasks.move({ fence, to: 'COMPLETED', now: LATER, patch, event: ended });
    const [taken] = await stores.reports.takeDirty({ holder: 'r', max: 9, now: LATER, leaseMs: 1 });
    const shown = { taskId: task.id, reporter: 'result' as const, externalId: '1', deliveredHash: 'x' };
    await stores.reports.save({ ...shown, deliveredAt: LATER }, { holder: 'r', now: LATER });
    return taken ?? task;
  }

  async function start(): Promise<void> {
    const task = sampleTask('first', { number: 1 });
    await stores.tasks.admit({
      task: { ...task, settings: { ...task.settings, chain: ['review', 'fix'] } },
      semanticKey: 'first',
      now: NOON,
      rate: { perUserPerHour: 99 },
      outbox: [],
    });
  }
  return { stores, options, end, start };
}

test('a confirmed finding is fixed and reviewed again, twice at most, and then a person is asked', async () => {
  const { end, options, start, stores } = open();
  await start();
  const outcomes = ['published', 'reported', 'published', 'reported', 'published', 'reported'];
  for (const outcome of outcomes) {
    await end(outcome, outcome === 'reported' ? { findings: [FINDING] } : null);
    expect(await followChains(options)).toBe(1);
    expect(await followChains(options)).toBe(0);
  }
  const chain = await stores.chains.findOf('first');
  expect(chain?.steps.map(({ link }) => link)).toEqual(['implement', 'review', 'fix', 'review', 'fix', 'review']);
  expect(chain).toMatchObject({ state: 'human', note: 'After 2 fixes the review still confirms 1.' });
  const messages = await stores.outbox.take({ holder: 'r', max: 9, now: LATER, leaseMs: 1 });
  expect(messages.map(({ message }) => message.kind).toSorted()).toEqual(['label', 'reply']);
});

test('a process that dies between a task and the row that names it neither repeats nor loses the task', async () => {
  const { end, options, start, stores } = open();
  await start();
  await end('published');
  const dies = { ...options, onStep: () => Promise.reject(new Error('killed')) };
  await expect(followChains(dies)).rejects.toThrow('killed');
  await expect(followChains(dies)).rejects.toThrow('killed');
  expect(await followChains(options)).toBe(1);
  expect(await stores.tasks.list({ limit: 9 })).toHaveLength(2);
  expect((await stores.chains.findOf('first'))?.steps).toMatchObject([{ link: 'implement' }, { link: 'review' }]);
});

test('a link belongs to whoever asked for the first, on the pull request, without a chain of its own', async () => {
  const { end, options, start, stores } = open();
  await start();
  const first = await end('published');
  await followChains(options);
  const [review] = await stores.tasks.list({ limit: 1 });
  expect(review).toMatchObject({
    type: 'review',
    thread: { number: 7, kind: 'pull_request' },
    requestedBy: first.requestedBy,
    trigger: { kind: 'chain' },
  });
  expect(review?.settings.chain).toBeUndefined();
});
