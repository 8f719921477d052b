import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { INPUTS, parseInputs } from '../../action/read-inputs.ts';
import { CONCLUSIONS, concludeNotes, concludeTask, exitCodeOf } from '../../action/result/decide-conclusion.ts';
import { OUTPUTS } from '../../action/result/write-results.ts';

const manifest = parse(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8')) as {
  inputs: Record<string, { description: string; default?: string; required?: boolean }>;
  outputs: Record<string, { description: string }>;
  runs: { using: string; main: string };
};

const PAYLOAD = {
  action: 'created',
  comment: {},
  issue: {},
  sender: {},
  repository: { full_name: 'octo/parser' },
};
const ENV = {
  INPUT_ANTHROPIC_API_KEY: 'sk-ant-a-key-that-is-long-enough',
  INPUT_GITHUB_TOKEN: 'ghs_a-token-that-is-long-enough',
  GITHUB_EVENT_NAME: 'issue_comment',
  GITHUB_EVENT_PATH: '/event.json',
  GITHUB_REPOSITORY: 'octo/parser',
  RUNNER_TEMP: '/tmp/runner',
};

function read(env: Record<string, string>, payload: unknown = PAYLOAD) {
  return parseInputs(
    { ...ENV, ...env },
    { readFile: () => (typeof payload === 'string' ? payload : JSON.stringify(payload)) },
  );
}

function problemsOf(env: Record<string, string>, payload?: unknown): readonly string[] {
  const result = read(env, payload);
  return result.ok ? [] : result.problems;
}

test('action.yml names the inputs that are read and the outputs that are set', () => {
  expect(Object.keys(manifest.inputs)).toEqual(Object.keys(INPUTS));
  expect(Object.keys(manifest.outputs)).toEqual([...OUTPUTS]);
  for (const conclusion of CONCLUSIONS) {
    expect(manifest.outputs['conclusion']?.description).toContain(conclusion);
  }
  expect(manifest.runs).toEqual({ using: 'node24', main: 'action/dist/main.mjs' });
});

test('an event with nothing else set is read with the defaults', () => {
  const result = read({});
  expect(result).toMatchObject({
    ok: true,
    inputs: {
      prefix: null,
      label: 'bosun',
      runAttempt: 1,
      temporary: '/tmp/runner',
      config: { app: null, limits: { taskBudgetNano: null }, defaults: { taskBudgetNano: 5e9, timeoutMs: 1_800_000 } },
    },
  });
});

test('a budget and a time limit are caps as well as defaults', () => {
  expect(read({ INPUT_BUDGET_USD: '12.50', INPUT_TIMEOUT_MINUTES: '45', INPUT_MAX_TURNS: '7' })).toMatchObject({
    ok: true,
    inputs: {
      config: {
        limits: { taskBudgetNano: 12.5e9, maxTimeoutMs: 45 * 60_000 },
        defaults: { taskBudgetNano: 12.5e9, timeoutMs: 45 * 60_000, maxTurns: 7 },
      },
    },
  });
});

test.each([
  ['/implement', null],
  ['/Implement', null],
  ['/bosun implement', '/bosun '],
  ['@bosun implement', '@bosun '],
])('the trigger phrase %j stands for the prefix %j', (phrase, prefix) => {
  expect(read({ INPUT_TRIGGER_PHRASE: phrase })).toMatchObject({ ok: true, inputs: { prefix } });
});

test.each([
  [{ INPUT_ANTHROPIC_API_KEY: ' ' }, 'Input `anthropic_api_key` is missing'],
  [{ INPUT_GITHUB_TOKEN: '' }, 'Input `github_token` is empty'],
  [{ INPUT_TRIGGER_PHRASE: 'please implement' }, 'Input `trigger_phrase`'],
  [{ INPUT_TRIGGER_PHRASE: '/solve' }, 'Input `trigger_phrase`'],
  [{ INPUT_BUDGET_USD: '-1' }, 'Input `budget_usd`'],
  [{ INPUT_BUDGET_USD: 'five' }, 'Input `budget_usd`'],
  [{ INPUT_MODEL: 'claude-sonet-5' }, 'Input `model`'],
  [{ INPUT_MAX_TURNS: '0' }, 'Input `max_turns`'],
  [{ INPUT_TIMEOUT_MINUTES: '1e3' }, 'Input `timeout_minutes`'],
  [{ BOSUN_COMPUTE: 'docker' }, 'Setting `BOSUN_COMPUTE`'],
  [{ BOSUN_WORKER_MEMORY: 'much' }, 'Setting `BOSUN_WORKER_MEMORY`'],
])('%j is one problem that names the input', (env, said) => {
  const problems = problemsOf(env as Record<string, string>);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(said);
});

test('every problem is reported at once, and none shows the key', () => {
  const problems = problemsOf({ INPUT_MAX_TURNS: 'x', INPUT_BUDGET_USD: 'y', GITHUB_EVENT_NAME: 'push' });
  expect(problems).toHaveLength(3);
  expect(problems.join()).not.toContain(ENV.INPUT_ANTHROPIC_API_KEY);
});

test.each(['pull_request_target', 'workflow_run'])('%s is refused, because it may run untrusted code', (name) => {
  const [problem] = problemsOf({ GITHUB_EVENT_NAME: name });
  expect(problem).toContain('untrusted code');
  expect(problem).toContain('issue_comment');
});

test.each(['push', 'pull_request', 'schedule', 'workflow_dispatch', ''])(
  'the event %j is refused with what to use',
  (name) => {
    expect(problemsOf({ GITHUB_EVENT_NAME: name })[0]).toContain('on: issue_comment');
  },
);

test.each([
  ['no JSON', 'holds no JSON object'],
  ['[]', 'holds no JSON object'],
  [{ action: 'created' }, 'does not hold what `issue_comment` sends'],
  [{ ...PAYLOAD, repository: { full_name: 'mallory/parser' } }, 'but the workflow runs in `octo/parser`'],
])('the event file %j is refused', (payload, said) => {
  expect(problemsOf({}, payload)[0]).toContain(said);
});

test.each([
  [{ state: 'COMPLETED', outcome: { kind: 'published' } }, 'success', 0],
  [{ state: 'COMPLETED', outcome: { kind: 'published', verified: 'failed' } }, 'neutral', 0],
  [{ state: 'COMPLETED', outcome: { kind: 'question' } }, 'neutral', 0],
  [{ state: 'COMPLETED', outcome: { kind: 'dry_run' } }, 'neutral', 0],
  [{ state: 'FAILED', outcome: null }, 'failure', 1],
  [{ state: 'TIMED_OUT', outcome: null }, 'timed_out', 1],
  [{ state: 'CANCELLED', outcome: null }, 'cancelled', 1],
] as const)('a task in %j concludes with %s and exit code %d', (task, conclusion, exitCode) => {
  expect(concludeTask(task as unknown as Parameters<typeof concludeTask>[0])).toBe(conclusion);
  expect(exitCodeOf(conclusion)).toBe(exitCode);
});

test.each([
  ['ignored: no command', 'skipped'],
  ['ignored: comment edited; known as task X', 'skipped'],
  ['refused: user 7 may not write', 'refused'],
  ['help; refused: unknown_command', 'refused'],
  ['help', 'neutral'],
] as const)('the note %j concludes with %s, which fails no job', (note, conclusion) => {
  expect(concludeNotes(note)).toBe(conclusion);
  expect(exitCodeOf(conclusion)).toBe(0);
});
