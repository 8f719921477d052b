import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Job, WorkerResult } from '../../protocol/index.ts';
import { TASK_TYPES } from '../../protocol/index.ts';
import type { GitHub, GitHubResult } from '../../app/github/github.ts';
import { createHydrator } from '../../app/hydration/hydrate.ts';
import type { OrchestratorContext } from '../../app/orchestrator/context.ts';
import { stepFinalizing } from '../../app/orchestrator/step-finalizing.ts';
import { stepHydrating } from '../../app/orchestrator/step-hydrating.ts';
import { renderComment } from '../../app/report/render-comment.ts';
import { createMemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { Task } from '../../app/task/task.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import { claimer, fenceOf, NOON, sampleTask } from '../contract/stores/store-harness.ts';
import { OPTIONS } from '../report/make-facts.ts';

const signals = {
  wait: async () => undefined,
  nudge: () => undefined,
  mayReap: async () => true,
  signal: new AbortController().signal,
};
const DONE: WorkerResult = { ending: 'done', summary: 'One bug in the parser.', questions: [], turns: 3 };
const FINDING = { path: 'src/parse.ts', line: 12, title: 'Off by one', body: 'The last line is dropped.' };

/** GitHub with a pull request and a comment, for those calls that hydration makes. */
const github = {
  fetchRepository: async () =>
    ok({ ref: { id: 1, owner: 'octo', name: 'parser' }, defaultBranch: 'main', archived: false }),
  fetchRole: async () => ok('write'),
  fetchThread: async () =>
    ok({
      number: 1,
      kind: 'pull_request',
      open: true,
      locked: false,
      labels: [],
      title: '',
      body: '',
      author: { id: sampleTask('task-1').text.author.id },
    }),
  withRepositoryToken: async <T>(_: unknown, __: unknown, work: (token: string) => Promise<T>) => ok(await work('t')),
  fetchPullDetails: async () =>
    ok({
      number: 1,
      state: 'open',
      headSha: 'c'.repeat(40),
      headRef: 'topic',
      headRepositoryId: 1,
      baseRef: 'main',
      mergeable: true,
    }),
  fetchChangedFiles: async () =>
    ok({
      mergeBaseSha: 'b'.repeat(40),
      files: [{ path: 'src/parse.ts', status: 'modified', patch: '@@ -1 +1 @@\n-a\n+b' }],
    }),
  fetchComments: async () => expect.fail('this type does not read comments'),
} as unknown as GitHub;

function ok<T>(value: T): GitHubResult<T> {
  return { ok: true, value };
}

/** Runs a review from its admission to its end; resolves with the task, its job, and what people see. */
async function runReview(result: WorkerResult): Promise<{ task: Task; job: Job; comment: string; live: string }> {
  const stores = createMemoryStores();
  const jobs: Job[] = [];
  const ignore = (): void => undefined;
  const context = {
    stores,
    clock: { now: () => NOON },
    random: () => 0.5,
    log: createLogger({ level: 'silent', redact: (text) => text }),
    metrics: { moneySpent: ignore, gateRefused: ignore, taskEnded: ignore, taskWaits: ignore },
    times: { hydrationTimeoutMs: 60_000, heartbeatMs: 30_000 },
    artifacts: { put: async () => undefined },
    git: { tip: async () => null, prepare: async () => undefined },
    hydrator: createHydrator({
      lfsBytes: 0,
      github: () => github,
      mirror: {
        ensureCommit: async () => ({ ok: true, found: true }),
        refresh: async () => ({ ok: true, shas: new Map([['main', 'b'.repeat(40)]]) }),
        readDocument: async () => ({ kind: 'absent' }),
        listFiles: async () => [],
      } as unknown as Parameters<typeof createHydrator>[0]['mirror'],
    }),
    compute: {
      start: async ({ job }: { job: Job }) => {
        jobs.push(job);
        return { started: true };
      },
      stop: async () => undefined,
      clean: async () => undefined,
    },
    publisher: {
      publish: async () => expect.fail('a review publishes nothing'),
      keep: async () => ({ commits: 2, filesChanged: 1 }),
      fetchFacts: async () => ({ kind: 'facts', facts: { branchSha: null, pull: null } }),
    },
    newToken: () => 't'.repeat(40),
    worker: {},
  } as unknown as OrchestratorContext;
  const asked = { ...sampleTask('task-1', { number: 1 }), type: 'review' as const };
  const thread = { number: 1, kind: 'pull_request' as const };
  await stores.tasks.admit({
    task: { ...asked, thread },
    semanticKey: 'task-1',
    now: NOON,
    rate: { perUserPerHour: 9 },
    outbox: [],
  });
  const claimed = (await stores.tasks.claim(claimer())) ?? expect.fail('nothing could be claimed');
  const running = (await stepHydrating(claimed.task, context, signals)) ?? expect.fail('the worker did not start');
  const ref = { taskId: 'task-1', epoch: 1, now: NOON };
  await stores.attempts.progress({ ...ref, progress: { phase: 'agent', turn: 2, note: null } });
  const live = await show(running);
  await stores.attempts.draw({ ...ref, requestId: 'r', model: 'm', upperNano: 1, keepNano: 0 });
  await stores.attempts.settle({ requestId: 'r', costNano: 1, usage: NO_USAGE, now: NOON });
  await stores.attempts.finish({ ...ref, result });
  const sessionEnd = { kind: 'finished' } as const;
  const event = { kind: 'task.session_ended', data: { session: sessionEnd } } as const;
  await stores.tasks.move({ fence: fenceOf(running), to: 'FINALIZING', now: NOON, sessionEnd, event });
  const finalizing = (await stores.tasks.find('task-1')) ?? expect.fail('the task is gone');
  await stepFinalizing(finalizing, context, signals);
  const task = (await stores.tasks.find('task-1')) ?? expect.fail('the task is gone');
  return { task, job: jobs[0] ?? expect.fail('no job was started'), comment: await show(task), live };

  async function show(shown: Task): Promise<string> {
    const attempt = await stores.attempts.find({ taskId: 'task-1', epoch: 1 });
    const events = await stores.tasks.events('task-1');
    return renderComment(
      { task: shown, events, attempt, totals: [], position: null, earlier: null },
      { ...OPTIONS, marker: '' },
    );
  }
}

const NO_USAGE = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };

test('a second type decides what its worker reads and hands over, and ends without publishing', async () => {
  const { comment, job, live, task } = await runReview({ ...DONE, output: { findings: [FINDING] } });
  expect(job.prompt.system).toContain('You are a careful reviewer.');
  expect(job.prompt.user).toContain('Review the change of this pull request.');
  expect(job.prompt.user).toContain('change of src/parse.ts (modified)');
  expect(job.git).toMatchObject({ startSha: 'c'.repeat(40) });
  expect(job.outputSchema).toMatchObject({ type: 'object', required: ['findings'] });
  expect(live).toMatch(/\[x\] Prepare the worker\n- \[ \] \*\*Review the code\*\* · turn 2/);
  expect(task).toMatchObject({ state: 'COMPLETED', outcome: { kind: 'reported', commits: 2 }, failure: null });
  expect(comment).toContain('The result is below');
  expect(comment).toContain('One bug in the parser.');
});

test('no findings is a good result', async () => {
  expect((await runReview({ ...DONE, output: { findings: [] } })).task.state).toBe('COMPLETED');
});

test.each([
  ['none', DONE],
  ['one of another form', { ...DONE, output: { findings: [{ ...FINDING, line: 0 }] } }],
])('a result that is %s is a failure, never a success', async (_, result) => {
  expect((await runReview(result)).task).toMatchObject({ state: 'FAILED', failure: { code: 'OUTPUT_INVALID' } });
});

test('only its record and its command name a type of task', () => {
  const allowed = [/^app\/task\/(?:implement|fix|review|node-types|task-types)\.ts$/, /^app\/command\//];
  const files = globSync('app/**/*.ts').filter((file) => !allowed.some((pattern) => pattern.test(file)));
  // A review is also something of GitHub's own, and other things have prompts and commands.
  const types = TASK_TYPES.filter((type) => !['review', 'prompt', 'command'].includes(type)).map((type) => `'${type}'`);
  const named = files.filter((file) => types.some((type) => readFileSync(file, 'utf8').includes(type)));
  expect(named.toSorted()).toEqual([
    // Failing checks and reviews start a fix by themselves.
    'app/admission/auto-fix.ts',
    // A chain is a list of these types.
    'app/admission/follow-chains.ts',
    // What labels stand for by default is the text of a command.
    'app/config/repo-config.ts',
    'app/config/repo/review-keys.ts',
    'app/config/repo/to-config.ts',
    'app/store/memory/memory-chains.ts',
    'app/store/postgres/tasks/chain-store.ts',
    'app/task/chain.ts',
    'app/task/task.ts',
  ]);
});
