import { expect, test } from 'vitest';
import { WorkerResult } from '../../protocol/index.ts';
import { failure } from '../../app/task/failure.ts';
import { concludeChange } from '../../app/task/conclude.ts';
import { inferOutcome } from '../../app/task/infer-outcome.ts';
import type { GitHubFacts, OutcomeFacts, PublishFacts } from '../../app/task/outcome.ts';

const SHA = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);
const pull = { number: 7, url: 'https://github.com/ada/engine/pull/7', draft: true, state: 'open' } as const;
const held: GitHubFacts = { branchSha: SHA, pull };
const absent: GitHubFacts = { branchSha: null, pull: null };
const pushed: PublishFacts = { kind: 'pushed', headSha: SHA, commits: 2, filesChanged: 3 };
const noCommits: PublishFacts = { kind: 'nothing', why: 'no_commits' };
const withheld: PublishFacts = {
  kind: 'withheld',
  withheld: [{ code: 'PATH_PROTECTED', path: '.github/workflows/ci.yml', message: 'It is protected.' }],
};
const finished = { kind: 'finished' } as const;

function result(ending: WorkerResult['ending'], more: Partial<WorkerResult> = {}): WorkerResult {
  return WorkerResult.parse({ ending, summary: 'What I did.', turns: 4, ...more });
}

function command(exitCode: number | null) {
  return { command: 'npm test', exitCode, durationMs: 5, outputTail: 'tail' };
}

function facts(overrides: Partial<OutcomeFacts>): OutcomeFacts {
  return {
    session: finished,
    modelCalls: 5,
    result: result('done'),
    publish: pushed,
    github: held,
    dryRun: false,
    ...overrides,
  };
}

/** What happened, the facts, and what follows: `STATE kind [failure code or wait reason]`. */
const ROWS: readonly (readonly [string, Partial<OutcomeFacts>, string])[] = [
  // The agent says it is done
  ['it is done and GitHub holds branch and pull request', {}, 'COMPLETED published'],
  [
    'it is done, published, and the verify command passed',
    { result: result('done', { verify: command(0) }) },
    'COMPLETED published',
  ],
  [
    'it is done, published, but the verify command failed: completed, with a warning',
    { result: result('done', { verify: command(1) }) },
    'COMPLETED published',
  ],
  [
    'it is done and the pull request was merged at once, its branch deleted',
    { github: { branchSha: null, pull: { ...pull, state: 'merged' } } },
    'COMPLETED published',
  ],
  [
    'it is done, pushed, and a person closed the pull request',
    { github: { branchSha: SHA, pull: { ...pull, state: 'closed' } } },
    'COMPLETED published',
  ],
  [
    'it is done, pushed, but there is no pull request',
    { github: { branchSha: SHA, pull: null } },
    'FAILED partial PULL_REQUEST_REJECTED',
  ],
  [
    'it is done, pushed, but the branch holds something else: an old branch is no success',
    { github: { branchSha: OTHER, pull } },
    'FAILED partial BRANCH_MOVED',
  ],
  ['it is done, pushed, but the branch was deleted', { github: absent }, 'FAILED partial PULL_REQUEST_CLOSED'],
  ['it is done, pushed, but GitHub cannot be asked', { github: null }, 'FAILED partial GITHUB_UNAVAILABLE'],
  ['it is done, but committed nothing', { publish: noCommits, github: absent }, 'FAILED no_changes NO_CHANGES'],
  [
    'it is done, committed nothing, and an older attempt left branch and pull request',
    { publish: noCommits, github: { branchSha: OTHER, pull } },
    'FAILED no_changes NO_CHANGES',
  ],
  ['it is done, but the gate withheld it', { publish: withheld, github: absent }, 'FAILED failed WITHHELD'],
  [
    'it is done, but not on the commit it was given',
    { publish: { kind: 'withheld', withheld: [{ code: 'NOT_ON_BASE', path: null, message: 'No.' }] }, github: absent },
    'FAILED failed GATE_REJECTED',
  ],
  [
    'it is done, and it was a rehearsal',
    { publish: { kind: 'nothing', why: 'dry_run' }, github: absent, dryRun: true },
    'COMPLETED dry_run',
  ],
  [
    'it is done, and GitHub rejected the push',
    { publish: { kind: 'failed', failure: failure('PUSH_REJECTED') }, github: absent },
    'FAILED failed PUSH_REJECTED',
  ],
  [
    'it is done, and the requester may no longer write',
    { publish: { kind: 'failed', failure: failure('PERMISSION_LOST') }, github: absent },
    'FAILED failed PERMISSION_LOST',
  ],
  [
    'it is done, and GitHub was away for a day',
    { publish: { kind: 'failed', failure: failure('GITHUB_UNAVAILABLE') }, github: null },
    'FAILED failed GITHUB_UNAVAILABLE',
  ],
  // No model calls
  [
    'it is done without one model call and changed nothing',
    { modelCalls: 0, publish: noCommits, github: absent },
    'FAILED failed NO_MODEL_CALLS',
  ],
  ['it is done without one model call, yet pushed', { modelCalls: 0 }, 'FAILED partial NO_MODEL_CALLS'],
  [
    'it asks a question without one model call',
    { modelCalls: 0, result: result('question', { questions: ['Why?'] }), publish: noCommits, github: absent },
    'FAILED failed NO_MODEL_CALLS',
  ],
  [
    'the worker ended well, silent, without one model call',
    { modelCalls: 0, result: null, session: exited(0), publish: noCommits, github: absent },
    'FAILED failed NO_MODEL_CALLS',
  ],
  // Waits
  [
    'it has a question',
    {
      result: result('question', { questions: ['Which?'] }),
      publish: { kind: 'nothing', why: 'question' },
      github: absent,
    },
    'SUBMITTED question human',
  ],
  ['the budget is used up, the draft is there', { result: result('budget') }, 'SUBMITTED partial budget'],
  [
    'the budget is used up before the first change',
    { result: result('budget'), publish: noCommits, github: absent },
    'SUBMITTED failed budget',
  ],
  [
    'the budget is used up, told as a refusal of the model',
    { result: result('model_error', { code: 'BUDGET_EXHAUSTED' }) },
    'SUBMITTED partial budget',
  ],
  [
    'the budget is used up, and the gate withheld the draft',
    { result: result('budget'), publish: withheld, github: absent },
    'SUBMITTED failed budget',
  ],
  [
    'the budget is used up, and the push was rejected: nobody should pay before that is mended',
    { result: result('budget'), publish: { kind: 'failed', failure: failure('PUSH_REJECTED') }, github: absent },
    'FAILED failed PUSH_REJECTED',
  ],
  ['a person paused it', { session: stopped('pause'), result: result('stopped') }, 'SUBMITTED partial paused'],
  [
    'a person paused it and the worker never reported',
    { session: stopped('pause'), result: null, publish: noCommits, github: absent },
    'SUBMITTED failed paused',
  ],
  [
    'a person paused it and the worker reported before it was stopped',
    { stop: 'pause', result: result('stopped') },
    'SUBMITTED partial paused',
  ],
  ['a person paused it just as it was done', { stop: 'pause' }, 'COMPLETED published'],
  [
    'a person paused it and the branch moved under the draft',
    { stop: 'pause', session: stopped('pause'), result: result('stopped'), github: { branchSha: OTHER, pull } },
    'FAILED partial BRANCH_MOVED',
  ],
  // Cancel
  [
    'a person cancelled it while it ran',
    { session: stopped('cancel'), result: null, publish: { kind: 'nothing', why: 'cancelled' }, github: absent },
    'CANCELLED cancelled',
  ],
  [
    'a person cancelled it before the push',
    { stop: 'cancel', publish: { kind: 'nothing', why: 'cancelled' }, github: absent },
    'CANCELLED cancelled',
  ],
  ['a person cancelled it after the push: too late', { stop: 'cancel' }, 'COMPLETED published'],
  [
    'a person cancelled it without one model call',
    {
      session: stopped('cancel'),
      modelCalls: 0,
      result: null,
      publish: { kind: 'nothing', why: 'cancelled' },
      github: absent,
    },
    'CANCELLED cancelled',
  ],
  // Clocks
  [
    'it took too long, the draft is there',
    { session: stopped('timeout'), result: result('stopped') },
    'TIMED_OUT partial TASK_TIMEOUT',
  ],
  [
    'it took too long and left nothing',
    { session: stopped('timeout'), result: null, publish: noCommits, github: absent },
    'TIMED_OUT failed TASK_TIMEOUT',
  ],
  ['the worker wound up by itself before the limit', { result: result('stopped') }, 'TIMED_OUT partial TASK_TIMEOUT'],
  ['it made no progress', { session: stopped('idle'), result: null }, 'TIMED_OUT partial IDLE_TIMEOUT'],
  [
    'it made no progress, without one model call',
    { session: stopped('idle'), modelCalls: 0, result: null, publish: noCommits, github: absent },
    'TIMED_OUT failed IDLE_TIMEOUT',
  ],
  // Errors
  [
    'the agent failed after it pushed',
    { result: result('agent_error', { reason: 'crash' }) },
    'FAILED partial AGENT_ERROR',
  ],
  [
    'the agent failed and an older pull request exists',
    { result: result('agent_error'), publish: noCommits, github: { branchSha: OTHER, pull } },
    'FAILED failed AGENT_ERROR',
  ],
  [
    'the model only gave empty answers after some work',
    { result: result('agent_error', { code: 'EMPTY_ANSWER' }) },
    'FAILED partial MODEL_NO_ANSWER',
  ],
  [
    'the very first answer was empty',
    { result: result('agent_error', { code: 'EMPTY_ANSWER' }), publish: noCommits, github: absent },
    'FAILED failed MODEL_NO_ANSWER',
  ],
  [
    'the model declined',
    { result: result('agent_error', { code: 'REFUSAL' }), publish: noCommits, github: absent },
    'FAILED failed MODEL_DECLINED',
  ],
  ['it used all its turns, the draft is there', { result: result('max_turns') }, 'FAILED partial MAX_TURNS'],
  [
    'the set-up command failed before any model call',
    { modelCalls: 0, result: result('setup_failed', { setup: command(2) }), publish: noCommits, github: absent },
    'FAILED failed SETUP_FAILED',
  ],
  [
    'the provider refused the key',
    { modelCalls: 0, result: result('model_error', { code: 'MODEL_AUTH' }), publish: noCommits, github: absent },
    'FAILED failed MODEL_AUTH',
  ],
  [
    'the provider was away',
    { result: result('model_error', { code: 'MODEL_UNAVAILABLE' }) },
    'FAILED partial MODEL_UNAVAILABLE',
  ],
  [
    'the model is unknown',
    { modelCalls: 0, result: result('model_error', { code: 'UNKNOWN_MODEL' }), publish: noCommits, github: absent },
    'FAILED failed MODEL_UNKNOWN',
  ],
  [
    'the provider refused a request',
    { result: result('model_error', { code: 'invalid_request_error' }), publish: noCommits, github: absent },
    'FAILED failed MODEL_REFUSED',
  ],
  [
    'the worker itself failed',
    { result: result('error', { reason: 'disk full' }), publish: noCommits, github: absent },
    'FAILED failed INTERNAL',
  ],
  // Unknown ends
  [
    'the worker ended well, silent, after it pushed',
    { session: exited(0), result: null },
    'FAILED partial WORKER_LOST',
  ],
  [
    'the worker died, nothing pushed',
    { session: exited(137), result: null, publish: noCommits, github: absent },
    'FAILED failed WORKER_LOST',
  ],
  [
    'the worker ran out of memory',
    { session: { ...exited(137), outOfMemory: true }, result: null },
    'FAILED partial WORKER_OUT_OF_MEMORY',
  ],
  [
    'the third attempt in a row was lost',
    { session: exited(null), result: null, lostAttempts: 3 },
    'FAILED partial ATTEMPTS_EXHAUSTED',
  ],
];

function exited(exitCode: number | null) {
  return { kind: 'exited', exitCode, outOfMemory: false } as const;
}

function stopped(why: 'cancel' | 'pause' | 'timeout' | 'idle') {
  return { kind: 'stopped', why } as const;
}

test.each(ROWS)('%s', (_, overrides, expected) => {
  const verdict = inferOutcome(facts(overrides), concludeChange);
  const words: string[] = [verdict.to, verdict.outcome.kind];
  if (verdict.to === 'SUBMITTED') {
    words.push(verdict.reason);
  }
  if (verdict.to === 'FAILED' || verdict.to === 'TIMED_OUT') {
    words.push(verdict.failure.code);
  }
  expect(words.join(' ')).toBe(expected);
});

test('the outcome holds what was published, verified, asked and withheld', () => {
  const verified = inferOutcome(facts({ result: result('done', { verify: command(1) }) }), concludeChange);
  expect(verified.outcome).toEqual({
    kind: 'published',
    filesChanged: 3,
    commits: 2,
    verified: 'failed',
    summary: 'What I did.',
    questions: [],
    withheld: [],
    turns: 4,
  });
  const asked = inferOutcome(
    facts({ result: result('question', { questions: ['Which?'] }), publish: noCommits }),
    concludeChange,
  );
  expect(asked.outcome).toMatchObject({ questions: ['Which?'], verified: 'not_run', commits: 0 });
  const refused = inferOutcome(facts({ publish: withheld }), concludeChange);
  expect(refused.outcome.withheld).toHaveLength(1);
  expect(refused).toMatchObject({ failure: { detail: 'PATH_PROTECTED: It is protected.' } });
  const killed = inferOutcome(facts({ result: result('done', { verify: command(null) }) }), concludeChange);
  expect(killed.outcome.verified).toBe('failed');
});

test('an agent that changed nothing is quoted with its reason', () => {
  const verdict = inferOutcome(
    facts({ publish: noCommits, result: result('done', { summary: 'It works already.' }) }),
    concludeChange,
  );
  expect(verdict).toMatchObject({ failure: { code: 'NO_CHANGES', detail: 'It works already.' } });
});
