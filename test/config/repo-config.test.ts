import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseRepoConfig, type RepoConfigMistake } from '../../app/config/repo-config.ts';
import type { RepoConfig } from '../../app/config/repo/to-config.ts';
import { REPO_KEYS } from '../../app/config/repo-keys.ts';

function configOf(text: string): RepoConfig {
  const parsed = parseRepoConfig(text);
  if (!parsed.ok) {
    throw new Error(JSON.stringify(parsed.mistakes));
  }
  return parsed.config;
}

function mistakesOf(text: string): readonly RepoConfigMistake[] {
  const parsed = parseRepoConfig(text);
  return parsed.ok ? [] : parsed.mistakes;
}

test.each([[''], ['# only a comment\n'], ['{}'], ['null'], ['budget:\nlabels:\n']])(
  'a file that says nothing gives the defaults: %j',
  (text) => {
    expect(configOf(text)).toEqual({
      prefix: '/',
      labels: { bosun: 'implement', 'bosun:implement': 'implement', 'bosun:plan': 'plan' },
      model: null,
      models: null,
      tier: null,
      budget: { taskNano: null, dayNano: null, monthNano: null },
      quoteAboveNano: null,
      readiness: false,
      concurrency: null,
      timeoutMs: null,
      idleTimeoutMs: null,
      maxTurns: null,
      base: null,
      image: null,
      setup: null,
      environment: { required: false, installScripts: true, ttlMs: 7 * 86_400_000, files: [], fresh: false },
      checkout: { depth: 50, submodules: false, lfs: false, sparse: [] },
      verify: null,
      steps: { before: null, after: null, sequence: ['hydrate', 'before', 'agent', 'after', 'publish'] },
      verdict: { judge: false, fixes: 2, readyWhenPassed: false },
      agent: { kind: 'builtin' },
      instructions: null,
      commentsFrom: 'writers',
      push: null,
      signedCommits: null,
      humanApproval: { notRequester: false },
      autoFix: { reviews: false, checks: false, attempts: 3 },
      chain: [],
      protectedPaths: [],
      secretsAllowed: [],
      promptTokens: null,
      allowedBots: [],
      stopOn: ['closed', 'unlabeled'],
    });
  },
);

test('every key is read', () => {
  const config = configOf(`
version: 1
commands:
  prefix: "@bosun"
labels: {robot: "/implement --budget 3", help wanted: status}
model: claude-opus-5
models: [claude-opus-5, claude-sonnet-5]
tier: large
budget: {task: 2.50, day: 20, month: "$200"}
quote_above: 4
readiness: true
concurrency: 1
timeout: 1h
idle_timeout: 10
max_turns: 60
base: develop
image: python
setup: [npm ci, npm run build]
setup_required: true
install_scripts: false
environment:
  ttl: 1d
  files: [tools.txt]
checkout:
  depth: 0
  submodules: true
  lfs: true
  sparse: [./packages/web/, tools]
steps: {sequence: [hydrate, agent, after, publish]}
judge: true
fixes: 3
ready_when_passed: true
verify: |
  npm run lint
  npm test
agent: {command: my-agent}
instructions: Be brief.
comments_from: everyone
push: trusted
signed_commits: true
human_approval: {not_requester: true}
auto_fix: {reviews: true, checks: true, attempts: 2}
chain: [implement, review, fix]
protected_paths: ["infra/**"]
secrets_allowed: ["test/fixtures/**"]
prompt_tokens: 50000
allowed_bots: [42]
stop_on: []
`);
  expect(config).toEqual({
    prefix: '@bosun ',
    labels: { robot: 'implement --budget 3', 'help wanted': 'status' },
    model: 'claude-opus-5',
    models: ['claude-opus-5', 'claude-sonnet-5'],
    tier: 'large',
    budget: { taskNano: 2.5e9, dayNano: 20e9, monthNano: 200e9 },
    quoteAboveNano: 4e9,
    readiness: true,
    concurrency: 1,
    timeoutMs: 3_600_000,
    idleTimeoutMs: 600_000,
    maxTurns: 60,
    base: 'develop',
    image: 'python',
    setup: ['npm ci', 'npm run build'],
    environment: { required: true, installScripts: false, ttlMs: 86_400_000, files: ['tools.txt'], fresh: false },
    checkout: { depth: 0, submodules: true, lfs: true, sparse: ['packages/web', 'tools'] },
    verify: 'npm run lint\nnpm test\n',
    steps: { before: null, after: null, sequence: ['hydrate', 'agent', 'after', 'publish'] },
    verdict: { judge: true, fixes: 3, readyWhenPassed: true },
    agent: { kind: 'command', command: 'my-agent' },
    instructions: 'Be brief.',
    commentsFrom: 'everyone',
    push: 'trusted',
    signedCommits: true,
    humanApproval: { notRequester: true },
    autoFix: { reviews: true, checks: true, attempts: 2 },
    chain: ['review', 'fix'],
    protectedPaths: ['infra/**'],
    secretsAllowed: ['test/fixtures/**'],
    promptTokens: 50_000,
    allowedBots: [42],
    stopOn: [],
  });
});

test.each(['builtin', 'claude-code', 'codex'])('the agent %s needs no more than its name', (name) => {
  expect(configOf(`agent: ${name}\n`)).toMatchObject({ agent: { kind: name } });
});

test.each([
  [
    'an unknown key',
    'model: x\nmodle: x\n',
    { line: 2, column: 1, key: 'modle', message: 'unknown key; did you mean `model`?' },
  ],
  [
    'an unknown key in a group',
    'budget:\n  dya: 3\n',
    { line: 2, column: 3, key: 'budget.dya', message: 'unknown key; did you mean `day`?' },
  ],
  [
    'a pattern where a directory is expected',
    'checkout:\n  sparse:\n    - packages/*\n',
    {
      line: 3,
      column: 7,
      key: 'checkout.sparse',
      message: 'expected a directory of the repository without wildcards, found `packages/*`',
    },
  ],
  ['a directory outside', 'checkout: {sparse: [../other]}\n', { line: 1, key: 'checkout.sparse' }],
  ['a key from nowhere', 'constructor: 1\n', { line: 1, key: 'constructor', message: 'unknown key' }],
  ['a wrong type', 'timeout: soon\n', { line: 1, column: 10, key: 'timeout' }],
  ['too long a time', 'timeout: 9h\n', { line: 1, key: 'timeout' }],
  [
    'a number as text',
    'model: 5\n',
    { line: 1, key: 'model', message: 'expected a text, found the number `5`; put it in quotes' },
  ],
  ['a list as text', 'verify: [a]\n', { line: 1, key: 'verify', message: 'expected a text, found a list' }],
  [
    'a set-up of groups',
    'setup: {a: b}\n',
    { line: 1, key: 'setup', message: 'expected a text, found a group of keys' },
  ],
  [
    'a word for yes',
    'setup_required: maybe\n',
    { line: 1, key: 'setup_required', message: 'expected `true` or `false`, found `maybe`' },
  ],
  ['a text as list', 'models: claude\n', { line: 1, key: 'models', message: 'expected a list, found `claude`' }],
  ['a bad entry of a list', 'allowed_bots:\n  - 4\n  - dependabot[bot]\n', { line: 3, column: 5, key: 'allowed_bots' }],
  [
    'a near miss of a value',
    'comments_from: writer\n',
    { line: 1, message: 'unknown value, found `writer`; did you mean `writers`?', allowed: '`writers`, `everyone`' },
  ],
  [
    'a near miss of an agent',
    'agent: claud-code\n',
    { line: 1, key: 'agent', message: 'unknown agent, found `claud-code`; did you mean `claude-code`?' },
  ],
  [
    'an agent that cannot work behind the door',
    'agent: gemini\n',
    {
      line: 1,
      key: 'agent',
      message:
        'Gemini CLI is not supported: it uses only the format of the Gemini API, which the door does not support',
    },
  ],
  ['no amount', 'budget: {task: 0}\n', { line: 1, key: 'budget.task' }],
  ['a negative amount', 'budget:\n  task: -1\n', { line: 2, key: 'budget.task' }],
  [
    'an amount instead of a group',
    'budget: 5\n',
    { line: 1, key: 'budget', message: 'expected a group of keys, found the number `5`' },
  ],
  ['a bad prefix', 'commands: {prefix: "!"}\n', { line: 1, key: 'commands.prefix' }],
  [
    'a label with an unknown command',
    'labels:\n  bosun: implment\n',
    { line: 2, column: 10, key: 'labels', message: 'unknown command, found `implment`; did you mean `implement`?' },
  ],
  ['a label without a command', 'labels:\n  bosun:\n', { line: 2, key: 'labels' }],
  ['a newer version', 'version: 2\n', { line: 1, key: 'version' }],
  ['an unknown agent', 'agent: claude\n', { line: 1, key: 'agent', message: 'unknown agent, found `claude`' }],
  ['a model outside the list', 'models: [a]\nmodel: b\n', { line: 2, column: 8, key: 'model', allowed: '`a`' }],
  ['a list as the whole', '- a\n', { line: 1, column: 1, key: '' }],
  ['broken YAML', 'model: [a\n', { key: '' }],
  ['a key said twice', 'model: a\nmodel: b\n', { line: 2, key: '' }],
  ['a tab', 'budget:\n\ttask: 3\n', { line: 2, key: '' }],
  [
    'an alias',
    'a: &x [1]\nmodels: [*x, *x]\n',
    { line: 1, message: 'anchors and aliases are not supported; write the value out' },
  ],
  ['a merge key', '<<: {model: a}\n', { line: 1, key: '<<' }],
  ['control characters', 'model: "a\\u202eb"\n', { line: 1, key: 'model' }],
  [
    'too deep a nesting',
    `models: ${'['.repeat(60_000)}`,
    { line: 1, message: 'The file is nested deeper than 20 levels' },
  ],
  [
    'a file of very many lines',
    'model: a\n'.repeat(4_000),
    { line: 1, message: 'The file has 4000 lines and punctuation marks; at most 3000 are read' },
  ],
  [
    'too large a file',
    `# ${'x'.repeat(65_536)}`,
    { line: 1, message: 'The file has 65538 bytes; at most 65536 are read' },
  ],
])('%s is a mistake with its place', (_name, text, mistake) => {
  expect(mistakesOf(text)[0]).toMatchObject(mistake);
});

test.each([
  ['a NUL in a command', String.raw`verify: "npm test \0"`],
  ['half of a character in a text', String.raw`instructions: "Be \uD83D"`],
  ['half of a character in a list', String.raw`setup: ["npm ci", "echo \uDE00"]`],
  ['a NUL in the command of an agent', String.raw`agent: {command: "run \x00"}`],
  ['half of a character in the name of a label', String.raw`labels: {"\uD83D": implement}`],
  ['half of a character in an unknown key', String.raw`"\uD83D": 1`],
])('%s is a mistake with its line', (_what, line) => {
  expect(mistakesOf(`version: 1\n${line}\n`)).toEqual([
    expect.objectContaining({ line: 2, message: expect.stringContaining('half of a character') as string }),
  ]);
});

test('a mistake never quotes half of a character', () => {
  for (let length = 0; length < 8; length += 1) {
    const name = `${'k'.repeat(54 + length)}😀😀`;
    const shown = JSON.stringify(mistakesOf(`${name}: 1\nmodel: [1]\nconcurrency: ${name}\ntimeout: ${name}\n`));
    expect(shown).not.toMatch(/\\ud[89a-f]/i);
  }
});

test('all mistakes are found at once, at most twenty', () => {
  expect(mistakesOf('timeout: x\nagent: y\nbase: 3\n').map((mistake) => mistake.key)).toEqual([
    'timeout',
    'agent',
    'base',
  ]);
  expect(mistakesOf(Array.from({ length: 50 }, (_, index) => `x${index}: 1`).join('\n'))).toHaveLength(20);
});

test('a label named like a property of every object is not found', () => {
  expect(configOf('').labels['constructor']).toBeUndefined();
});

test('every example in the table can be read', () => {
  for (const [path, key] of Object.entries(REPO_KEYS)) {
    const [group, name] = path.split('.');
    const text = name === undefined ? `${group}: ${key.example}` : `${group}: {${name}: ${key.example}}`;
    expect({ path, mistakes: mistakesOf(text) }).toEqual({ path, mistakes: [] });
  }
});

test('no text makes it throw or slow', { timeout: 60_000 }, () => {
  const word = fc.constantFrom(
    'model',
    'budget',
    'task',
    ':',
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '&a',
    '*a',
    '!!',
    '|',
    '>',
    '"',
    "'",
    '#',
    '? ',
    '\t',
    '5',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(word).map((words) => words.join('')),
      ),
      (text) => {
        parseRepoConfig(text);
      },
    ),
    { numRuns: 2_000 },
  );
  for (const bit of ['[', '{', '- ', '? ', 'a: ', '&a ', '*a ', '"', '- a\n', '!', '|\n', 'a:\n ']) {
    const started = performance.now();
    parseRepoConfig(bit.repeat(Math.floor(65_000 / bit.length)));
    expect({ bit, slow: performance.now() - started > 5_000 }).toEqual({ bit, slow: false });
  }
});

test('labels are compared as GitHub does, without regard to case', () => {
  const parsed = parseRepoConfig('labels: {Agent-Ready: implement, ÜBERSETZEN: plan}');
  expect(parsed.ok ? { ...parsed.config.labels } : parsed).toEqual({ 'agent-ready': 'implement', übersetzen: 'plan' });
});

test('two labels that differ by case alone are a mistake with its line', () => {
  const parsed = parseRepoConfig('labels:\n  Ready: implement\n  ready: plan\n');
  expect(parsed).toMatchObject({ ok: false, mistakes: [{ line: 3, key: 'labels' }] });
});

test.each([
  ['auto', 'setup: auto\nverify: auto\n', null, null],
  ['none', 'setup: none\nverify: none\n', [], 'none'],
  ['one command', 'setup: make deps\nverify: make check\n', ['make deps'], 'make check'],
  ['a list', 'setup: [make deps, make tools]\n', ['make deps', 'make tools'], null],
])('set-up and verify can be %s', (_name, text, setup, verify) => {
  const parsed = parseRepoConfig(text);
  expect(parsed).toMatchObject({ ok: true, config: { setup, verify } });
});
