import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import type { Check } from '../../../app/cli/doctor/check.ts';
import { doctorCommand } from '../../../app/cli/doctor/doctor-command.ts';
import { REQUIRED_EVENTS, REQUIRED_PERMISSIONS } from '../../../app/cli/doctor/required-access.ts';
import { SETTINGS } from '../../../app/config/settings.ts';
import type { PostgresConnection } from '../../../app/store/postgres/driver/connection-settings.ts';
import { createLocalGitHub } from '../../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import { createScriptedModel, type ScriptedModel } from '../../../demo/model/create-scripted-model.ts';
import { withDatabase } from '../../support/database.ts';
import { withBucket } from '../../support/s3.ts';
import { withSqs } from '../../support/sqs.ts';
import { recordOutput } from '../record-output.ts';

const WEBHOOK_SECRET = 'a-secret-of-the-tests-that-is-long-enough';

const db = withDatabase();
const lent = withBucket();
const sqs = withSqs();
let github: LocalGitHub;
let model: ScriptedModel;
let dataDir: string;
let freePort: number;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'bosun-doctor-'));
  const server = await listen();
  freePort = portOf(server);
  server.close();
  github = await createLocalGitHub({
    app: { permissions: { ...REQUIRED_PERMISSIONS }, events: [...REQUIRED_EVENTS] },
  });
  model = await createScriptedModel({ script: () => ({ text: 'hello' }) });
});
afterAll(async () => {
  await github.close();
  await model.close();
  rmSync(dataDir, { recursive: true, force: true });
});

beforeEach(() => {
  for (const name of Object.keys(SETTINGS)) {
    vi.stubEnv(name, undefined);
  }
  const good: Record<string, string> = {
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    WEBHOOK_SECRET,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: github.url,
    HOST: '127.0.0.1',
    PORT: String(freePort),
    BOSUN_URL: 'http://localhost:3000',
    BOSUN_DATA_DIR: dataDir,
    DATABASE_URL: urlOf(db.connection),
    ANTHROPIC_API_KEY: model.key,
    ANTHROPIC_BASE_URL: model.url,
    BOSUN_COMPUTE: 'process',
  };
  Object.entries(good).forEach(([name, value]) => vi.stubEnv(name, value));
});
afterEach(() => vi.unstubAllEnvs());

function urlOf(connection: PostgresConnection): string {
  if ('url' in connection) {
    return connection.url;
  }
  const { user, database, port, socketDirectory } = connection;
  return `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(socketDirectory)}`;
}

async function listen(): Promise<Server> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

interface Report {
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly settings?: readonly { name: string; source: string; value: string | null; secret: boolean }[];
}

async function examine(flags: { settings?: true } = {}): Promise<{ code: number; report: Report; text: string }> {
  const recorded = recordOutput({ json: true });
  const code = await doctorCommand.run({ args: [], flags: { json: true, ...flags }, output: recorded.output });
  const text = recorded.stdout() + recorded.stderr();
  return { code, report: JSON.parse(recorded.stdout()) as Report, text };
}

function named(report: Report, name: string): Check | undefined {
  return report.checks.find((check) => check.name === name);
}

describe('bosun doctor', () => {
  test('finds a server whose settings all work ready to start', async () => {
    const { code, report } = await examine();
    const other = report.checks.filter((check) => check.state !== 'ok');
    expect(other.map((check) => `${check.state} ${check.name}`)).toEqual(['warn settings', 'skip sandbox']);
    expect([code, report.ok]).toEqual([0, true]);
    expect(named(report, 'database')?.found).toMatch(/^PostgreSQL \d+\.\d+ at DATABASE_URL, schema current$/);
    expect(named(report, 'GitHub App')?.found).toContain(`${github.app.slug} (id ${github.app.id})`);
    expect(named(report, 'webhooks')?.state).toBe('ok');
    expect(named(report, 'model key')?.found).toContain('takes the key and knows claude-sonnet-5');
    expect(named(report, 'price')?.found).toBe('claude-sonnet-5: $2.00 in, $10.00 out per million tokens');
    expect(named(report, 'budgets')?.found).toContain('repository $50.00 a day and $500.00 a month');
  });

  test('shows no secret anywhere, not even when the key is refused', async () => {
    vi.stubEnv('ANTHROPIC_API_KEY', 'sk-ant-a-key-that-nobody-knows');
    const { code, report, text } = await examine({ settings: true });
    expect(code).toBe(1);
    expect(named(report, 'model key')).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('refuses the key') as string,
    });
    for (const secret of ['sk-ant-a-key-that-nobody-knows', WEBHOOK_SECRET, 'PRIVATE KEY-----', urlOf(db.connection)]) {
      expect(text).not.toContain(secret);
    }
    expect(report.settings?.find(({ name }) => name === 'WEBHOOK_SECRET')).toEqual({
      name: 'WEBHOOK_SECRET',
      group: 'GitHub App',
      source: 'set',
      value: null,
      secret: true,
    });
    expect(report.settings?.find(({ name }) => name === 'PORT')).toMatchObject({
      source: 'set',
      value: String(freePort),
    });
  });

  test('names every wrong setting at once, and still tries what does not depend on them', async () => {
    vi.stubEnv('APP_ID', 'twelve');
    vi.stubEnv('PORT', '99999');
    vi.stubEnv('BOSUN_MODEL', 'claude-sonet-5');
    const { code, report } = await examine();
    expect(code).toBe(1);
    const wrong = report.checks.filter((check) => check.name === 'settings').map((check) => check.found);
    expect(wrong).toEqual(
      expect.arrayContaining(['APP_ID is "twelve"', 'PORT is "99999"', 'BOSUN_MODEL is "claude-sonet-5"']),
    );
    expect(wrong.some((found) => found.includes('PRIVATE_KEY'))).toBe(false);
    expect(named(report, 'GitHub App')?.state).toBe('skip');
    expect(named(report, 'database')?.state).toBe('ok');
  });

  test('names a port that is taken, a server that does not answer, and a base URL with a path too many', async () => {
    const taken = await listen();
    const closed = await listen();
    const closedUrl = `http://127.0.0.1:${portOf(closed)}`;
    closed.close();
    const port = portOf(taken);
    vi.stubEnv('PORT', String(port));
    vi.stubEnv('GITHUB_SERVER_URL', closedUrl);
    vi.stubEnv('ANTHROPIC_BASE_URL', `${model.url}/v1`);
    const { code, report } = await examine();
    taken.close();
    expect(code).toBe(1);
    expect(named(report, 'port')).toMatchObject({ state: 'warn', found: `127.0.0.1:${port} is in use` });
    expect(named(report, 'GitHub server')).toMatchObject({
      state: 'fail',
      found: expect.stringContaining(`${closedUrl} does not answer`) as string,
    });
    expect(named(report, 'settings')?.found).toContain('ANTHROPIC_BASE_URL is');
  });

  test.each([
    ['a file', (dir: string) => join(dir, 'file'), /is a file$/],
    ['below a file', (dir: string) => join(dir, 'file', 'data'), /is a file$/],
    ['below /proc', () => '/proc/bosun', /^\/proc is not on a disk/],
  ])('refuses a data directory that is %s at once, and sets up no database there', async (_what, path, found) => {
    writeFileSync(join(dataDir, 'file'), '');
    vi.stubEnv('BOSUN_DATA_DIR', path(dataDir));
    vi.stubEnv('DATABASE_URL', undefined);
    const { report } = await examine();
    expect(named(report, 'data directory')).toMatchObject({
      state: 'fail',
      found: expect.stringMatching(found) as string,
    });
    expect(named(report, 'database')?.state).toBe('skip');
  });

  test('names the permissions and events that the App lacks', async () => {
    const weak = await createLocalGitHub({
      app: { permissions: { contents: 'read', issues: 'write' }, events: ['issues'] },
    });
    vi.stubEnv('APP_ID', String(weak.app.id));
    vi.stubEnv('PRIVATE_KEY', weak.app.privateKey);
    vi.stubEnv('GITHUB_API_URL', weak.apiUrl);
    const { report } = await examine();
    await weak.close();
    expect(named(report, 'GitHub App')).toMatchObject({
      state: 'fail',
      found: expect.stringContaining(
        'lacks permission actions: read, permission checks: write, permission contents: write, ' +
          'permission pull_requests: write, permission statuses: read, event check_run, event check_suite, ' +
          'event issue_comment, event pull_request_review, event pull_request_review_comment, event status',
      ) as string,
    });
  });

  test('distinguishes a key of another App from a GitHub that is unavailable', async () => {
    vi.stubEnv('APP_ID', '999');
    const stranger = await examine();
    expect(named(stranger.report, 'GitHub App')?.found).toContain('does not know App 999 by this key');
    vi.stubEnv('GITHUB_API_URL', 'http://127.0.0.1:1');
    const away = await examine();
    expect(named(away.report, 'GitHub App')?.found).toContain('cannot be reached');
    expect(named(away.report, 'webhooks')?.state).toBe('skip');
  }, 60_000);

  test('splits what the database refused from what to do', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://bosun:hunter2@127.0.0.1:1/bosun');
    const { report, text } = await examine();
    expect(named(report, 'database')).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('Cannot use the database at postgres://bosun@127.0.0.1:1/bosun') as string,
      remedy: expect.stringContaining('Check DATABASE_URL') as string,
    });
    expect(text).not.toContain('hunter2');
  });

  test('fails for a way to run workers that does not exist yet', async () => {
    vi.stubEnv('BOSUN_COMPUTE', 'ecs');
    const { report } = await examine();
    expect(named(report, 'settings')).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('ecs') as string,
      remedy: expect.stringContaining('one of `sandbox`, `docker`, `kubernetes`, `process`') as string,
    });
    expect(named(report, 'sandbox')?.state).toBe('skip');
  });

  test('tries the queue, and reports a queue without dead letters and one that does not exist', async () => {
    const { place } = await sqs.create();
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', place.endpointUrl);
    vi.stubEnv('SQS_QUEUE_URL', place.queueUrl);
    const good = await examine();
    expect(named(good.report, 'queue')).toMatchObject({
      state: 'ok',
      found: expect.stringContaining('dead letters after 3 receives') as string,
    });
    vi.stubEnv('SQS_QUEUE_URL', (await sqs.create({ maxReceives: null })).place.queueUrl);
    const alone = await examine();
    expect(named(alone.report, 'queue')).toMatchObject({
      state: 'warn',
      remedy: expect.stringContaining('RedrivePolicy') as string,
    });
    vi.stubEnv('SQS_QUEUE_URL', `${place.queueUrl}-nowhere`);
    const bad = await examine();
    expect([bad.code, named(bad.report, 'queue')]).toMatchObject([
      1,
      { state: 'fail', found: expect.stringContaining('There is no SQS queue') as string },
    ]);
  }, 60_000);

  test('tries a bucket for artifacts, and names the one that is missing', async () => {
    const { bucket, prefix, endpointUrl } = lent.place;
    vi.stubEnv('AWS_ENDPOINT_URL_S3', endpointUrl);
    vi.stubEnv('BOSUN_ARTIFACTS', `s3://${bucket}/${prefix}`);
    const good = await examine();
    expect(named(good.report, 'artifacts')).toMatchObject({ state: 'ok', found: expect.stringContaining(bucket) });
    vi.stubEnv('BOSUN_ARTIFACTS', 's3://bosun-nowhere');
    const bad = await examine();
    expect([bad.code, named(bad.report, 'artifacts')]).toMatchObject([
      1,
      { state: 'fail', found: expect.stringContaining('There is no bucket bosun-nowhere') },
    ]);
  });

  test('reports that nothing is set, with an example of each setting that a start needs', async () => {
    for (const name of ['APP_ID', 'PRIVATE_KEY', 'WEBHOOK_SECRET', 'ANTHROPIC_API_KEY']) {
      vi.stubEnv(name, undefined);
    }
    const { report } = await examine();
    const failed = report.checks.filter((check) => check.state === 'fail');
    expect(failed.map((check) => check.found)).toEqual([
      'APP_ID is not set',
      'PRIVATE_KEY is not set',
      'WEBHOOK_SECRET is not set',
      'ANTHROPIC_API_KEY is not set',
    ]);
    expect(failed.every((check) => check.remedy?.includes('Example: '))).toBe(true);
  });
});

describe('for people', () => {
  test('every check is a line with its remedy below, in the width of the terminal', async () => {
    vi.stubEnv('ANTHROPIC_BASE_URL', 'http://127.0.0.1:1');
    const recorded = recordOutput({ terminal: true, columns: 72 });
    vi.stubEnv('NO_COLOR', '1');
    const code = await doctorCommand.run({ args: [], flags: {}, output: recorded.output });
    const lines = recorded.stdout().split('\n');
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/^Bosun \d/);
    expect(lines).toContain('  ✗ model key       http://127.0.0.1:1 does not answer (ECONNREFUSED)');
    expect(lines).toContain('                    → Check ANTHROPIC_BASE_URL and that this machine may');
    expect(lines).toContain('                      connect there.');
    expect(recorded.stdout()).toContain(
      '1 of 18 checks failed, 1 not checked. Apply the fixes marked with →, then run it again.',
    );
    expect(recorded.stderr()).toContain('… ');
  });

  test('a pipe gets no moving line and no color', async () => {
    const recorded = recordOutput();
    expect(await doctorCommand.run({ args: [], flags: { settings: true }, output: recorded.output })).toBe(0);
    expect(recorded.stderr()).toBe('');
    expect(recorded.stdout()).not.toContain('\u001B');
    expect(recorded.stdout()).toContain('  ANTHROPIC_API_KEY   set, not shown\n');
    expect(recorded.stdout()).toContain('Ready, with 1 warning.');
  });
});
