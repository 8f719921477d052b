import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';

import { missingForStart } from '../../app/config/app-settings.ts';
import { parseServerConfig, type Environment, type ServerConfig } from '../../app/config/server-config.ts';
import { renderConfigProblem, type ConfigProblem } from '../../app/config/setting.ts';
import { SETTINGS } from '../../app/config/settings.ts';

const pem = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString();
const ecPem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const SECRET = '0123456789abcdef0123456789abcdef';
const APP = { APP_ID: '12', PRIVATE_KEY: pem, WEBHOOK_SECRET: SECRET };

function configOf(env: Environment, files: Readonly<Record<string, string>> = {}): ServerConfig {
  const parsed = parse(env, files);
  if (!parsed.ok) {
    throw new Error(parsed.problems.map((problem) => renderConfigProblem(problem)).join('\n'));
  }
  return parsed.config;
}

function problemsOf(env: Environment, files: Readonly<Record<string, string>> = {}): readonly ConfigProblem[] {
  const parsed = parse(env, files);
  return parsed.ok ? [] : parsed.problems;
}

function parse(env: Environment, files: Readonly<Record<string, string>>) {
  return parseServerConfig(env, {
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) {
        throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      }
      return text;
    },
  });
}

test('an empty environment is valid, safe and without an App', () => {
  const config = configOf({});
  expect(config.app).toBeNull();
  expect(config.http).toEqual({
    host: '127.0.0.1',
    port: 3000,
    publicUrl: null,
    intake: 'webhook',
    metricsToken: null,
  });
  expect(config.compute).toBe('sandbox');
  expect(config.model.apiKey).toBeNull();
  expect(config.limits.budgets).toEqual({
    timeZone: 'UTC',
    serverDayNano: 200e9,
    repositoryDayNano: 50e9,
    repositoryMonthNano: 500e9,
  });
  expect(config.defaults.taskBudgetNano).toBe(5e9);
  expect(missingForStart(config).map((problem) => problem.name)).toEqual([
    'APP_ID',
    'PRIVATE_KEY',
    'WEBHOOK_SECRET',
    'ANTHROPIC_API_KEY',
  ]);
});

test('no setting defaults to a secret, and every default and example of a plain kind can be read', () => {
  const settings = Object.values(SETTINGS);
  const withDefault = settings.filter((setting) => setting.fallback !== null);
  const readable = settings.filter((setting) => !setting.secret);
  expect(withDefault.filter((setting) => setting.secret)).toEqual([]);
  expect(withDefault.filter((setting) => !setting.read(setting.fallback ?? '').ok)).toEqual([]);
  expect(readable.filter((setting) => !setting.read(setting.example).ok)).toEqual([]);
});

describe('the private key', () => {
  test.each([
    ['as PEM', { PRIVATE_KEY: pem }],
    ['with literal line breaks', { PRIVATE_KEY: pem.replaceAll('\n', '\\n') }],
    ['in quotes', { PRIVATE_KEY: `"${pem.replaceAll('\n', '\\n')}"` }],
    ['in base64', { PRIVATE_KEY: Buffer.from(pem).toString('base64') }],
    ['in a file', { PRIVATE_KEY_PATH: '/key.pem' }],
  ])('is read %s', (_name, key) => {
    const config = configOf({ APP_ID: '12', WEBHOOK_SECRET: SECRET, ...key }, { '/key.pem': pem });
    expect(config.app?.privateKey.trim()).toBe(pem.trim());
  });

  test.each([
    ['a word', 'hello', /does not begin with -----BEGIN/],
    ['half a key', pem.slice(0, 300), /cannot be read/],
    ['a key without line breaks', pem.replaceAll('\n', ''), /cannot be read/],
    ['an elliptic key', ecPem, /this key is of type ec/],
    ['a public key', pem.replaceAll('RSA PRIVATE', 'PUBLIC'), /cannot be read/],
  ])('is refused with a sentence when it is %s', (_name, key, sentence) => {
    const [problem] = problemsOf({ ...APP, PRIVATE_KEY: key });
    expect(problem?.name).toBe('PRIVATE_KEY');
    expect(problem?.expected).toMatch(sentence);
    expect(renderConfigProblem(problem as ConfigProblem)).not.toContain(key.slice(30, 60) || key);
  });

  test('is refused when the file is missing or holds something else', () => {
    const env = { APP_ID: '12', WEBHOOK_SECRET: SECRET, PRIVATE_KEY_PATH: '/key.pem' };
    expect(problemsOf(env)[0]?.expected).toContain('ENOENT');
    expect(problemsOf(env, { '/key.pem': 'nothing' })[0]).toMatchObject({
      name: 'PRIVATE_KEY_PATH',
      found: 'a file of 7 characters that are not shown',
    });
  });
});

test('half an App is refused with the names of the other half', () => {
  expect(problemsOf({ APP_ID: '12' }).map((problem) => [problem.name, problem.found])).toEqual([
    ['WEBHOOK_SECRET', 'nothing'],
    ['PRIVATE_KEY', 'nothing'],
  ]);
});

test('two webhook secrets are taken while rotating', () => {
  expect(configOf({ ...APP, WEBHOOK_SECRET: `${SECRET}, other-secret-text` }).app?.webhookSecrets).toEqual([
    SECRET,
    'other-secret-text',
  ]);
});

test.each([
  ['APP_ID', 'abc', '"abc"'],
  ['WEBHOOK_SECRET', 'development', 'a value of 11 characters that is not shown'],
  ['WEBHOOK_SECRET', 'short', 'a value of 5 characters that is not shown'],
  ['WEBHOOK_SECRET', 'aaaaaaaaaa,bbbbbbbbbb,cccccccccc', 'a value of 32 characters that is not shown'],
  ['PORT', '70000', '"70000"'],
  ['PORT', '80a', '"80a"'],
  ['GITHUB_API_URL', 'github.com', '"github.com"'],
  ['GITHUB_API_URL', 'ftp://github.com', '"ftp://github.com"'],
  ['BOSUN_URL', 'https://me:secret@bosun.example', '"https://me:secret@bosun.example"'],
  ['DATABASE_URL', 'mysql://user:hunter2@db/x', 'a value of 25 characters that is not shown'],
  ['BOSUN_ROLES', 'web,kitchen', '"web,kitchen"'],
  ['BOSUN_COMPUTE', 'cloud', '"cloud"'],
  ['BOSUN_COMPUTE', 'ecs', '"ecs"'],
  ['BOSUN_ARTIFACTS', 'gs://bucket', '"gs://bucket"'],
  ['BOSUN_BUDGET_SERVER_DAY', '-5', '"-5"'],
  ['BOSUN_BUDGET_SERVER_DAY', '0', '"0"'],
  ['BOSUN_CONCURRENCY', '0', '"0"'],
  ['BOSUN_TIME_ZONE', 'Mars/Olympus', '"Mars/Olympus"'],
  ['BOSUN_MAX_TIMEOUT', '9h', '"9h"'],
  ['BOSUN_WORKER_MEMORY', '512m', '"512m"'],
  ['BOSUN_MODEL', 'claude-sonet-5', '"claude-sonet-5"'],
  ['BOSUN_PRICES', '/nowhere.json', '"/nowhere.json"'],
  ['LOG_LEVEL', 'lo\u001b[31mud', '"lo?[31mud"'],
])('%s=%s is refused, showing what was found and an example', (name, text, found) => {
  const problem = problemsOf({ ...APP, [name]: text }).find((one) => one.name === name);
  expect(problem).toMatchObject({ found });
  expect(renderConfigProblem(problem as ConfigProblem)).toContain(`Example: ${name}=`);
});

test('every problem is found at once', () => {
  const names = problemsOf({ ...APP, PORT: 'x', HOST: '', BOSUN_COMPUTE: 'y' }).map((problem) => problem.name);
  expect(names.toSorted()).toEqual(['BOSUN_COMPUTE', 'PORT']);
});

test('the amounts of a budget are read, and `none` lifts a cap', () => {
  const { limits, defaults } = configOf({
    BOSUN_BUDGET_TASK: '2.50',
    BOSUN_BUDGET_SERVER_DAY: 'none',
    BOSUN_BUDGET_REPOSITORY_DAY: '$12',
  });
  expect(limits.taskBudgetNano).toBe(2_500_000_000);
  expect(limits.budgets.serverDayNano).toBeNull();
  expect(limits.budgets.repositoryDayNano).toBe(12_000_000_000);
  expect(defaults.taskBudgetNano).toBe(2_500_000_000);
});

test('prices of the operator make their models known', () => {
  const files = { '/prices.json': '{"llama": {"input": 0, "output": 0}}', '/bad.json': '{"llama": 3}' };
  expect(configOf({ BOSUN_MODEL: 'llama', BOSUN_PRICES: '/prices.json' }, files).defaults.model).toBe('llama');
  expect(problemsOf({ BOSUN_PRICES: '/bad.json' }, files)[0]).toMatchObject({ name: 'BOSUN_PRICES' });
});

test('providers of the configuration file make their models known, and a key of Anthropic needless', () => {
  const files = {
    '/bosun.yml':
      'providers:\n  local:\n    dialect: openai\n    url: http://127.0.0.1:11434\n    models: [qwen3-coder]\n',
  };
  const config = configOf({ ...APP, BOSUN_CONFIG: '/bosun.yml', BOSUN_MODEL: 'qwen3-coder' }, files);
  expect([...config.defaults.prices.keys()]).toEqual(['qwen3-coder']);
  expect(missingForStart(config)).toEqual([]);
  const both = configOf({ ...APP, BOSUN_CONFIG: '/bosun.yml', ANTHROPIC_API_KEY: 'sk-ant-key' }, files);
  expect([...both.defaults.prices.keys()]).toContain('claude-sonnet-5');
  expect([...both.model.prices.keys()]).not.toContain('qwen3-coder');
});

test.each([
  ['web', []],
  ['door', ['ANTHROPIC_API_KEY']],
  ['web,orchestrator', []],
  ['orchestrator,door', ['ANTHROPIC_API_KEY']],
])('a process that runs %s lacks %o without a model key', (roles, names) => {
  const config = configOf({ ...APP, BOSUN_ROLES: roles });
  expect(missingForStart(config).map((problem) => problem.name)).toEqual(names);
});

test('places and sizes are read', () => {
  const config = configOf({ BOSUN_ARTIFACTS: 's3://my-bucket/a/b/', BOSUN_WORKER_MEMORY: '3GiB', BOSUN_ROLES: 'door' });
  expect(config.storage.artifacts).toEqual({ kind: 's3', bucket: 'my-bucket', prefix: 'a/b' });
  expect(config.worker.memoryBytes).toBe(3 * 1024 ** 3);
  expect(config.roles).toEqual(['door']);
});

test.each([
  ['a worker without isolation', { BOSUN_COMPUTE: 'process' }, /without isolation/],
  ['a mistyped name', { BOSUN_CONCURENCY: '3' }, /Did you mean BOSUN_CONCURRENCY/],
  ['an open address', { HOST: '0.0.0.0' }, /reached from outside/],
  ['a key over plain HTTP', { ANTHROPIC_BASE_URL: 'http://10.0.0.7:8080' }, /unencrypted/],
  ['a short secret', { ...APP, WEBHOOK_SECRET: 'abcdefgh' }, /WEBHOOK_SECRET is short/],
  ['two keys', { ...APP, PRIVATE_KEY_PATH: '/key.pem' }, /both set/],
])('%s is warned about', (_name, env, sentence) => {
  const parsed = parse(env, { '/key.pem': pem });
  expect(parsed.ok && parsed.warnings.join('\n')).toMatch(sentence);
});

test.each([
  ['/opt/node/:/opt/go:/opt/node', ['/opt/node', '/opt/go']],
  ['', []],
])('BOSUN_WORKER_PATHS takes directories: %s', (text, paths) => {
  const parsed = parseServerConfig({ BOSUN_WORKER_PATHS: text });
  expect(parsed.ok && parsed.config.workerPaths).toEqual(paths);
});

test.each(['opt/node', '/', '/root', '/opt/../root'])('BOSUN_WORKER_PATHS refuses %s', (text) => {
  const parsed = parseServerConfig({ BOSUN_WORKER_PATHS: text });
  expect(!parsed.ok && parsed.problems.map(({ name }) => name)).toEqual(['BOSUN_WORKER_PATHS']);
});

test('the socket of a container engine matters only where workers run in containers', () => {
  const elsewhere = { DOCKER_HOST: 'tcp://10.0.0.7:2375' };
  expect(configOf(elsewhere).compute).toBe('sandbox');
  expect(problemsOf({ ...elsewhere, BOSUN_COMPUTE: 'docker' })).toEqual([
    expect.objectContaining({ name: 'DOCKER_HOST', found: '"tcp://10.0.0.7:2375"' }),
  ]);
  expect(configOf({ BOSUN_COMPUTE: 'docker' }).containers.socketPath).toBe('/var/run/docker.sock');
  const podman = { BOSUN_COMPUTE: 'docker', DOCKER_HOST: 'unix:///run/podman/podman.sock' };
  expect(configOf(podman).containers.socketPath).toBe('/run/podman/podman.sock');
});
