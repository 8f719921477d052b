import { expect, test } from 'vitest';
import { renderGaps } from '../../app/hydration/render-gaps.ts';
import type { OrchestratorContext } from '../../app/orchestrator/context.ts';
import { stepFinalizing } from '../../app/orchestrator/step-finalizing.ts';
import { stepHydrating } from '../../app/orchestrator/step-hydrating.ts';
import { acceptTask } from '../../app/control/accept-task.ts';
import { createMemoryStores, type MemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { Attempt } from '../../app/task/attempt.ts';
import type { CheckResult } from '../../app/task/checks/check.ts';
import type { Weakening } from '../../app/task/checks/verdict.ts';
import type { ModelAnswer } from '../../app/task/ports/ask-model.ts';
import type { Task, VerdictSettings } from '../../app/task/task.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import { after, claimer, fenceOf, NOON, sampleTask } from '../contract/stores/store-harness.ts';

const HEAD = 'b'.repeat(40);
const PATCH = 'diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1 +1,2 @@\n one\n+two\n';
const RESULT = { ending: 'done' as const, summary: 'Trust me, it works.', questions: [], turns: 3 };
const signals = {
  wait: async () => undefined,
  nudge: () => undefined,
  mayReap: async () => true,
  signal: new AbortController().signal,
};

function check(head: 'pass' | 'fail' | 'inconclusive', outputTail = 'expected 2, got 3'): CheckResult {
  const run = { commit: HEAD, durationMs: 900, outputTail, isFlaky: false, reportKey: null };
  return {
    step: { name: 'test', run: 'npm test', timeoutMs: 60_000, gate: 'strict', report: null, retry: true },
    head: {
      ...run,
      reading: head,
      cause: head === 'inconclusive' ? 'out_of_memory' : null,
      exitCode: head === 'pass' ? 0 : 1,
    },
    base: { ...run, reading: 'pass', cause: null, exitCode: 0 },
  };
}

interface World {
  readonly stores: MemoryStores;
  readonly published: Task[];
  readonly asked: string[];
  task(): Promise<Task>;
  /** Runs the next attempt to its end, whose checks end like this. */
  attempt(
    checks: readonly CheckResult[],
    more?: { weakened?: readonly Weakening[]; answer?: ModelAnswer },
  ): Promise<Task>;
  context(): OrchestratorContext;
}

async function open(settings: Partial<VerdictSettings> = {}): Promise<World> {
  const stores = createMemoryStores();
  const verdict = { judge: false, fixes: 2, readyWhenPassed: false, ...settings };
  const sample = sampleTask('task-1', { number: 1 });
  const task = {
    ...sample,
    settings: { ...sample.settings, verdict },
    text: { ...sample.text, title: 'Sum', body: '## Acceptance\n- [ ] sums\n- [ ] documents' },
  };
  await stores.tasks.admit({ task, semanticKey: task.id, now: NOON, rate: { perUserPerHour: 100 }, outbox: [] });
  const published: Task[] = [];
  const asked: string[] = [];
  let now = NOON;
  let checks: readonly CheckResult[] = [];
  let weakened: readonly Weakening[] = [];
  let answer: ModelAnswer | undefined;
  const seen = (attempt: Attempt): Attempt => ({ ...attempt, modelCalls: 3, checkResults: checks });
  const ignore = (): void => undefined;
  const context = {
    clock: { now: () => now },
    random: () => 0.5,
    log: createLogger({ level: 'silent', redact: (text) => text }),
    metrics: { moneySpent: ignore, gateRefused: ignore, taskEnded: ignore, taskWaits: ignore },
    times: { githubPatienceMs: 60_000, hydrationTimeoutMs: 60_000, pausedForMs: 14 * 86_400_000 },
    compute: { stop: async () => undefined, clean: async () => undefined },
    git: { tip: async () => null, remove: async () => undefined },
    askModel: async ({ user }: { user: string }) => {
      asked.push(user);
      return answer ?? expect.fail('nobody was to be asked');
    },
    stores: {
      ...stores,
      attempts: {
        ...stores.attempts,
        find: async (ref: Parameters<typeof stores.attempts.find>[0]) => {
          const found = await stores.attempts.find(ref);
          return found && seen(found);
        },
      },
    },
    publisher: {
      inspect: async () => ({ headSha: HEAD, weakened, patch: Buffer.from(PATCH) }),
      keep: async () => ({ commits: 1, filesChanged: 1 }),
      publish: async ({ task: given }: { task: Task }) => {
        published.push(given);
        return { kind: 'done', facts: { kind: 'pushed', headSha: HEAD, commits: 1, filesChanged: 1 } };
      },
      fetchFacts: async () => ({
        kind: 'facts',
        facts: { branchSha: HEAD, pull: { number: 7, url: 'https://example.com/7', draft: true, state: 'open' } },
      }),
    },
  } as unknown as OrchestratorContext;
  return {
    stores,
    published,
    asked,
    task: async () => (await stores.tasks.find(task.id)) ?? expect.fail('no task'),
    context: () => context,
    async attempt(given, more = {}) {
      checks = given;
      weakened = more.weakened ?? [];
      ({ answer } = more);
      now = new Date(now.getTime() + 60_000);
      const claimed = (await stores.tasks.claim(claimer({ now }))) ?? expect.fail('nothing could be claimed');
      const fence = fenceOf(claimed.task);
      await stores.tasks.move({ fence, to: 'RUNNING', now, event: { kind: 'task.started' } });
      await stores.attempts.finish({ taskId: task.id, epoch: claimed.task.epoch, now, result: RESULT });
      const ended = { kind: 'task.session_ended' as const, data: { session: { kind: 'finished' as const } } };
      const moved = await stores.tasks.move({
        fence,
        to: 'FINALIZING',
        now,
        sessionEnd: { kind: 'finished' },
        event: ended,
      });
      const current = moved.moved ? moved.task : expect.fail('the task did not move');
      expect(await stepFinalizing(current, context, signals)).toBeNull();
      return (await stores.tasks.find(task.id)) ?? expect.fail('no task');
    },
  };
}

test('a check that fails sends the agent back: nothing is pushed, the work is kept, and the task can be claimed at once', async () => {
  const world = await open();
  const task = await world.attempt([check('fail')]);
  expect(task).toMatchObject({
    state: 'SUBMITTED',
    wait: { reason: 'slot', blockedOn: null, note: expect.stringMatching(/`test` fails.*fix 1 of 2/) },
    outcome: { commits: 1, filesChanged: 1 },
    verdict: { fixes: 1, commit: HEAD, verdict: { kind: 'GAPS_FOUND' } },
  });
  expect(world.published).toEqual([]);
  const told = renderGaps(task) ?? '';
  expect(told).toContain('$ npm test\nexpected 2, got 3');
  expect(told).toContain('~~~~ data source="end of the output of the check test, exit code 1"');
  expect(told).not.toContain('Trust me');
});

test('the fix passes: the work is published and the task is done', async () => {
  const world = await open();
  await world.attempt([check('fail')]);
  const task = await world.attempt([check('pass')]);
  expect(task).toMatchObject({
    state: 'COMPLETED',
    verdict: { fixes: 1, verdict: { kind: 'PASSED' } },
    question: null,
  });
  expect(world.published[0]?.verdict?.verdict.kind).toBe('PASSED');
  expect(renderGaps(task)).toBeNull();
});

test('two fixes that find something else each time are used up: a draft, and a person', async () => {
  const world = await open();
  await world.attempt([check('fail', 'one')]);
  await world.attempt([check('fail', 'two')]);
  const task = await world.attempt([check('fail', 'three')]);
  expect(task).toMatchObject({
    state: 'SUBMITTED',
    wait: { reason: 'human', wakeAt: after(3 * 60_000 + 86_400_000) },
    question: { kind: 'verdict', cause: 'FIXES_USED_UP', subject: HEAD, options: ['retry', 'accept', 'cancel'] },
    lease: null,
  });
  expect(world.published).toHaveLength(1);
});

test.each<[string, CheckResult, readonly Weakening[], string]>([
  ['an inconclusive check', check('inconclusive'), [], 'CHECK_INCONCLUSIVE'],
  [
    'a deleted test',
    check('pass'),
    [{ kind: 'test_deleted', path: 'a.test.ts', message: 'It is gone.' }],
    'CHECKS_WEAKENED',
  ],
])('%s asks a person at once', async (_, result, weakened, cause) => {
  const world = await open();
  const task = await world.attempt([result], { weakened });
  expect(task).toMatchObject({ wait: { reason: 'human' }, question: { kind: 'verdict', cause } });
});

test('the same failure twice stops the agent, although a fix is left', async () => {
  const world = await open();
  await world.attempt([check('fail')]);
  expect(await world.attempt([check('fail')])).toMatchObject({ question: { cause: 'SAME_FAILURE' } });
});

test('without money for a fix the task waits for some', async () => {
  const world = await open();
  const { stores } = world;
  await stores.tasks.claim(claimer({ now: NOON }));
  const { budgetNano, epoch, id } = await world.task();
  await stores.attempts.draw({
    taskId: id,
    epoch,
    requestId: 'r',
    model: 'm',
    upperNano: budgetNano,
    keepNano: 0,
    now: NOON,
  });
  const usage = { inputTokens: 1, outputTokens: 1, cacheWriteTokens: 0, cacheReadTokens: 0 };
  await stores.attempts.settle({ requestId: 'r', costNano: budgetNano, usage, now: NOON });
  await stores.tasks.move({
    fence: fenceOf(await world.task()),
    to: 'SUBMITTED',
    now: NOON,
    wait: { reason: 'slot', wakeAt: NOON, note: null, blockedOn: null },
    event: { kind: 'task.note', data: { note: '' } },
  });
  expect(await world.attempt([check('fail')])).toMatchObject({ state: 'SUBMITTED', wait: { reason: 'budget' } });
});

test('work that is accepted ends by the name of whoever took it, without a worker', async () => {
  const world = await open({ fixes: 0 });
  const task = await world.attempt([check('fail')]);
  const by = { id: 9, login: 'maintainer' };
  const accept = { task, by, now: after(300_000), commit: HEAD.slice(0, 12), saidAt: after(300_000) };
  expect(await acceptTask({ ...accept, commit: 'c'.repeat(12) }, world.stores)).toMatchObject({
    code: 'another_commit',
  });
  expect(await acceptTask({ ...accept, commit: null, saidAt: NOON }, world.stores)).toMatchObject({
    code: 'another_commit',
  });
  const [one, other] = await Promise.all([
    acceptTask(accept, world.stores),
    acceptTask({ ...accept, by: { id: 8, login: 'other' } }, world.stores),
  ]);
  expect([one.code, other.code].sort()).toEqual(['accepted', 'already_accepted']);
  const claimed = await world.stores.tasks.claim(claimer({ now: after(400_000) }));
  expect(claimed?.attempt.budgetNano).toBe(0);
  expect(await stepHydrating(claimed?.task ?? expect.fail(), world.context(), signals)).toBeNull();
  expect(await world.task()).toMatchObject({
    state: 'COMPLETED',
    outcome: { kind: 'published' },
    question: null,
    verdict: { accepted: { by } },
  });
  expect((await acceptTask(accept, world.stores)).code).toBe('already_accepted');
  expect(world.published).toHaveLength(1);
});

function answered(...answers: object[]): ModelAnswer {
  return { kind: 'answered', value: { answers }, model: 'scripted', costNano: 1 };
}

const MET = { answer: 'met', path: 'a.ts', line: 2 };

test.each<[string, ModelAnswer, string]>([
  ['has no money', { kind: 'no_money', reason: 'The budget does not cover it.', costNano: 0 }, 'JUDGE_UNAVAILABLE'],
  ['answers prose', { kind: 'answered', value: 'It looks good to me!', model: 'm', costNano: 1 }, 'JUDGE_UNAVAILABLE'],
  ['leaves a criterion out', answered({ id: 'C1', ...MET }), 'CRITERION_UNCLEAR'],
  [
    'points at what is not in the change',
    answered({ id: 'C1', ...MET }, { id: 'C2', ...MET, line: 99 }),
    'CRITERION_UNCLEAR',
  ],
])('a judge that %s needs a person, although all checks pass', async (_, answer, cause) => {
  const world = await open({ judge: true });
  expect(await world.attempt([check('pass')], { answer })).toMatchObject({ question: { kind: 'verdict', cause } });
});

test('the judge sees criteria, change and outputs, and never what the agent says of itself', async () => {
  const world = await open({ judge: true });
  const answer = answered({ id: 'C1', ...MET }, { id: 'C2', ...MET });
  expect(await world.attempt([check('pass', 'all 12 pass')], { answer })).toMatchObject({ state: 'COMPLETED' });
  expect(world.asked).toHaveLength(1);
  expect(world.asked[0]).toContain('C1: sums\nC2: documents');
  expect(world.asked[0]).toContain('+two');
  expect(world.asked[0]).toContain('all 12 pass');
  expect(world.asked[0]).not.toContain('Trust me');
});

test('a criterion that is not met goes back to the agent; no judge is asked about work that a check blocks', async () => {
  const world = await open({ judge: true });
  expect(await world.attempt([check('fail')])).toMatchObject({ verdict: { verdict: { kind: 'GAPS_FOUND' } } });
  const answer = answered({ id: 'C1', ...MET }, { id: 'C2', answer: 'not_met' });
  const task = await world.attempt([check('pass')], { answer });
  expect(task).toMatchObject({ wait: { reason: 'slot' }, verdict: { fixes: 2 } });
  expect(renderGaps(task)).toContain('criterion C2');
  expect(world.asked).toHaveLength(1);
});
