import { describe, expect, test } from 'vitest';

import { parseRepoConfig } from '../../app/config/repo-config.ts';
import type { RepoConfig } from '../../app/config/repo/to-config.ts';
import { resolveSettings } from '../../app/config/resolve-settings.ts';
import type { SettingFlags } from '../../app/task/task.ts';
import { parseServerConfig, type Environment } from '../../app/config/server-config.ts';

function repo(text: string): RepoConfig {
  const parsed = parseRepoConfig(text);
  if (!parsed.ok) {
    throw new Error(JSON.stringify(parsed.mistakes));
  }
  return parsed.config;
}

function resolve(flags: SettingFlags, file = '', env: Environment = {}, operatorFile = '') {
  const server = parseServerConfig(env, { readFile: () => operatorFile });
  if (!server.ok) {
    throw new Error(JSON.stringify(server.problems));
  }
  return resolveSettings({ type: 'implement', flags, repoConfig: repo(file), server: server.config });
}

test('no settings give the defaults', () => {
  expect(resolve({})).toEqual({
    ok: true,
    budgetNano: 5e9,
    priority: 5,
    settings: {
      model: 'claude-sonnet-5',
      provider: null,
      tier: 'medium',
      size: 'M',
      fallbacks: [
        { model: 'claude-sonnet-5-5', provider: null },
        { model: 'claude-sonnet-4-6', provider: null },
      ],
      readiness: false,
      raises: [
        expect.objectContaining({ model: 'claude-sonnet-5', effort: 'high' }),
        expect.objectContaining({ model: 'claude-opus-5-5', tier: 'large', effort: null }),
      ],
      maxTurns: 100,
      timeoutMs: 1_800_000,
      idleTimeoutMs: 900_000,
      baseBranch: null,
      path: null,
      dryRun: false,
      setup: null,
      environment: { required: false, installScripts: true, ttlMs: 7 * 86_400_000, files: [], fresh: false },
      checkout: { depth: 50, submodules: false, lfs: false, sparse: [] },
      image: null,
      verify: null,
      steps: { before: null, after: null, sequence: ['hydrate', 'before', 'agent', 'after', 'publish'] },
      verdict: { judge: false, fixes: 2, readyWhenPassed: false },
      agent: { kind: 'builtin' },
      instructions: null,
      commentsFrom: 'writers',
      promptTokenBudget: 100_000,
      push: 'trusted',
      signedCommits: null,
      humanApproval: { notRequester: false },
      protectedPaths: [],
      secretsAllowed: [],
      asked: {},
      limits: { dayNano: null, monthNano: null, concurrency: null },
    },
  });
});

test('a flag goes before the file, and the file before the server', () => {
  const file = 'model: claude-opus-5\ntimeout: 1h\nmax_turns: 7\nbase: develop\nbudget: {task: 2}\n';
  const fromFile = resolve({}, file);
  expect(fromFile).toMatchObject({
    budgetNano: 2e9,
    settings: { model: 'claude-opus-5', timeoutMs: 3_600_000, maxTurns: 7, baseBranch: 'develop' },
  });
  const flags = {
    model: 'claude-haiku-4-5',
    timeoutMs: 120_000,
    maxTurns: 3,
    base: 'next',
    budgetNano: 1e9,
    priority: 9,
  };
  expect(resolve(flags, file)).toMatchObject({
    budgetNano: 1e9,
    priority: 9,
    settings: {
      model: 'claude-haiku-4-5',
      timeoutMs: 120_000,
      maxTurns: 3,
      baseBranch: 'next',
      idleTimeoutMs: 120_000,
    },
  });
});

test.each<[string, SettingFlags, string, Environment, RegExp]>([
  [
    'a model without a price',
    { model: 'claude-sonet-5' },
    '',
    {},
    /has no known price\. Did you mean `claude-sonnet-5`\?/,
  ],
  [
    'a model outside the list',
    { model: 'claude-opus-5' },
    'models: [claude-sonnet-5]',
    {},
    /not allowed in this repository.*Name one of `claude-sonnet-5`/,
  ],
  [
    'a time above the most',
    { timeoutMs: 9 * 3_600_000 },
    '',
    {},
    /A time limit of 9 h is above the 8 h.*--timeout 480/,
  ],
  ['a time above the server’s most', { timeoutMs: 3_600_000 }, '', { BOSUN_MAX_TIMEOUT: '45m' }, /above the 45 min/],
  [
    'a budget above a task’s cap',
    { budgetNano: 30e9 },
    '',
    { BOSUN_BUDGET_TASK: '20' },
    /\$30\.00 is not possible: one task on this server may spend at most \$20\.00/,
  ],
  ['a budget above a day’s cap', { budgetNano: 51e9 }, '', {}, /this repository in a day may spend at most \$50\.00/],
  ['a budget above the file’s cap', { budgetNano: 11e9 }, 'budget: {day: 10}', {}, /at most \$10\.00.*--budget 10\.00/],
])('%s is refused with the numbers and the way out', (_name, flags, file, env, sentence) => {
  const resolved = resolve(flags, file, env);
  expect(resolved).toMatchObject({ ok: false });
  expect(!resolved.ok && resolved.problem).toMatch(sentence);
});

test('a file can lower the caps of the server but never raise them', () => {
  expect(resolve({ budgetNano: 60e9 }, 'budget: {day: 100, month: 1000}')).toMatchObject({ ok: false });
  expect(resolve({}, 'budget: {day: 3}')).toMatchObject({ ok: true, budgetNano: 3e9 });
  expect(resolve({}, 'budget: {task: 80}')).toMatchObject({ ok: true, budgetNano: 50e9 });
  expect(resolve({}, 'timeout: 2h', { BOSUN_MAX_TIMEOUT: '1h' })).toMatchObject({ settings: { timeoutMs: 3_600_000 } });
});

test('a list of models without a model makes the first one the default', () => {
  expect(resolve({}, 'models: [claude-opus-5, claude-sonnet-5]')).toMatchObject({
    settings: { model: 'claude-opus-5' },
  });
});

test('the lower limits of the file go with the task', () => {
  expect(resolve({}, 'budget: {day: 10, month: 100}\nconcurrency: 1')).toMatchObject({
    settings: { limits: { dayNano: 10e9, monthNano: 100e9, concurrency: 1 } },
  });
});

describe('the image of a repository', () => {
  const DOCKER = { BOSUN_COMPUTE: 'docker', BOSUN_CONFIG: '/bosun.yml' };
  const IMAGES = 'images: {python: python@sha256:0a1b, default: own}';

  test.each([
    ['', null],
    ['image: python', 'python'],
    ['image: default', 'default'],
  ])('%j is taken as the operator names it', (file, image) => {
    const resolved = resolve({}, file, DOCKER, IMAGES);
    expect(resolved.ok && resolved.settings.image).toBe(image);
  });

  test.each([
    [
      'image: pyton',
      DOCKER,
      /`pyton`, which this server does not offer. Did you mean `python`.*Name one of `default`, `python`/,
    ],
    ['image: constructor', DOCKER, /`constructor`, which this server does not offer/],
    ['image: python', {}, /does not run workers in containers/],
  ])('%s is refused before it costs anything', (file, env, sentence) => {
    const resolved = resolve({}, file, env, IMAGES);
    expect(!resolved.ok && resolved.problem).toMatch(sentence);
  });
});
