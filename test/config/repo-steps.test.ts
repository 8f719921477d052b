import { expect, test } from 'vitest';
import { parseRepoConfig, type RepoConfigMistake } from '../../app/config/repo-config.ts';

function stepsOf(text: string) {
  const parsed = parseRepoConfig(text);
  return parsed.ok ? parsed.config.steps : expect.unreachable(JSON.stringify(parsed.mistakes));
}

function mistakeOf(text: string): RepoConfigMistake | undefined {
  const parsed = parseRepoConfig(text);
  return parsed.ok ? undefined : parsed.mistakes[0];
}

test('steps are read with their defaults', () => {
  const text = `
steps:
  before:
    - {name: deps, run: npm ci, timeout: 10m}
    - {name: has-work, run: ./nothing-to-do.sh}
  after:
    - {name: test, run: npm test, gate: strict, retry: false}
    - {name: lint, run: npm run lint}
    - {name: sast, run: scan, report: out/scan.sarif, gate: info, timeout: 90s}
`;
  expect(stepsOf(text)).toEqual({
    before: [
      { name: 'deps', run: 'npm ci', timeoutMs: 600_000 },
      { name: 'has-work', run: './nothing-to-do.sh', timeoutMs: 900_000 },
    ],
    after: [
      { name: 'test', run: 'npm test', timeoutMs: 900_000, gate: 'strict', report: null, retry: false },
      { name: 'lint', run: 'npm run lint', timeoutMs: 900_000, gate: 'regression', report: null, retry: true },
      { name: 'sast', run: 'scan', timeoutMs: 90_000, gate: 'info', report: 'out/scan.sarif', retry: true },
    ],
    sequence: ['hydrate', 'before', 'agent', 'after', 'publish'],
  });
});

test.each([
  [
    'no list',
    'steps: {after: npm test}',
    { key: 'steps.after', message: 'expected a list of steps, found `npm test`' },
  ],
  [
    'a command alone',
    'steps:\n  after:\n    - npm test',
    { line: 3, column: 7, message: 'expected a step with `name` and `run`, found `npm test`' },
  ],
  ['no name', 'steps: {after: [{run: x}]}', { message: 'a step needs `name` and `run`; `name` is missing' }],
  [
    'no command',
    'steps: {before: [{name: a}]}',
    { key: 'steps.before', message: 'a step needs `name` and `run`; `run` is missing' },
  ],
  [
    'a bad name',
    'steps: {after: [{name: My Test, run: x}]}',
    { message: expect.stringContaining('expected a name of small letters, digits and `-`, found `My Test`') as string },
  ],
  [
    'a near miss of a key',
    'steps:\n  after:\n    - name: a\n      run: x\n      gates: strict',
    { line: 5, column: 7, message: expect.stringContaining('did you mean `gate`?') as string },
  ],
  [
    'an unknown gate',
    'steps: {after: [{name: a, run: x, gate: strikt}]}',
    {
      message:
        '`gate`: unknown value, found `strikt`; did you mean `strict`?; allowed is `strict`, `regression`, `info`',
    },
  ],
  [
    'a gate of a before step',
    'steps: {before: [{name: a, run: x, gate: info}]}',
    { message: expect.stringContaining('unknown key `gate` of a step') as string },
  ],
  [
    'too long a time',
    'steps: {after: [{name: a, run: x, timeout: 3h}]}',
    { message: expect.stringContaining('expected a time from 1 s to 2 h, found `3h`') as string },
  ],
  [
    'a report outside',
    'steps: {after: [{name: a, run: x, report: ../out.sarif}]}',
    { message: expect.stringContaining('expected a path inside the checkout') as string },
  ],
  [
    'a name twice',
    'steps:\n  after:\n    - {name: a, run: x}\n    - {name: a, run: y}',
    { line: 4, column: 7, message: 'there are two steps named `a`' },
  ],
  [
    'both forms of set-up',
    'setup: npm ci\nsteps: {before: [{name: a, run: x}]}',
    { line: 1, key: 'setup', message: '`setup` is the short form of one step of `steps.before`; write one of the two' },
  ],
  ['both forms of checks', 'verify: npm test\nsteps: {after: [{name: a, run: x}]}', { line: 1, key: 'verify' }],
  ['an unknown key', 'steps: {during: []}', { key: 'steps.during', message: 'unknown key' }],
])('%s is a mistake with its place', (_name, text, mistake) => {
  expect(mistakeOf(text)).toMatchObject(mistake);
});

test.each([
  ['without before', '[hydrate, agent, after, publish]'],
  ['without after', '[hydrate, before, agent, publish]'],
  ['without both', '[hydrate, agent, publish]'],
  ['with before first', '[before, hydrate, agent, after, publish]'],
])('a sequence %s is good', (_name, text) => {
  expect(mistakeOf(`steps: {sequence: ${text}}`)).toBeUndefined();
});

test.each([
  ['[hydrate, agent, before, after, publish]', '`before` has to come before `agent`', 33],
  ['[hydrate, after, agent, publish]', '`after` has to come after `agent`', 26],
  ['[hydrate, before, agent, publish, after]', '`after` has to come before `publish`', 50],
  ['[publish, hydrate, agent]', '`publish` has to come after `agent`', 17],
  ['[agent, hydrate, publish]', '`agent` has to come after `hydrate`', 17],
  ['[hydrate, agent, agent, publish]', '`agent` is there twice', 33],
  ['[hydrate, agnet, publish]', '`agnet` is not one of hydrate, before, agent, after, publish', 26],
  ['[hydrate, before, agent, after]', '`publish` is missing and cannot be left out', 16],
  ['publish', 'expected a list, found `publish`', 16],
])('the sequence %s is refused by its entry', (text, problem, column) => {
  expect(mistakeOf(`steps: {sequence: ${text}}`)).toMatchObject({
    line: 1,
    key: 'steps.sequence',
    message: `INVALID_STEP_SEQUENCE: ${problem}`,
    allowed:
      '`[hydrate, before, agent, after, publish]`; `before` and `after` may be left out, and `before` may come first',
    column: expect.any(Number) as number,
  });
  expect(mistakeOf(`steps: {sequence: ${text}}`)?.column).toBe(column + 3);
});
