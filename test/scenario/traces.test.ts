import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { WEBHOOK_PATH } from '../../app/main.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import { spanIdOf, traceIdOf } from '../../app/telemetry/tracer.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import { createScriptedModel } from '../../demo/model/create-scripted-model.ts';
import { stageStory, story } from '../../demo/story.ts';
import { startCrashingBosun } from '../crash/start-crashing-bosun.ts';
import { withDatabase } from '../support/database.ts';
import { startCollector, type ReceivedSpan } from '../telemetry/start-collector.ts';
import { urlOf } from '../support/url-of.ts';

const SECRET = 'known to this test alone';
const REQUEST = 'mention the word periwinkle';

const database = withDatabase();
const cleaners: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const clean of cleaners.splice(0).toReversed()) {
    await clean();
  }
});

/** One Bosun with these roles; resolves with its address and how to wind it down. */
async function start(settings: Readonly<Record<string, string>>): Promise<{ url: string; stop(): Promise<void> }> {
  const mortal = startCrashingBosun({ settings });
  cleaners.push(() => mortal.kill());
  return { url: (await mortal.ready) ?? expect.fail('it did not start'), stop: () => mortal.stop() };
}

test('a task is one trace from delivery to comment, to which two processes add their spans', async () => {
  const collector = await startCollector();
  cleaners.push(() => collector.close());
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bosun-traces-'));
  cleaners.push(() => rm(dataDir, { recursive: true, force: true }));
  const github = await createLocalGitHub();
  cleaners.push(() => github.close());
  const model = await createScriptedModel({
    script: [
      { toolUse: [{ name: 'bash', input: { command: 'echo done > DONE.md' } }] },
      { text: 'Wrote the periwinkle down.' },
    ],
  });
  cleaners.push(() => model.close());
  await stageStory(github);
  const settings = {
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    WEBHOOK_SECRET: SECRET,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: github.url,
    PORT: '0',
    BOSUN_DATA_DIR: dataDir,
    DATABASE_URL: urlOf(database.connection),
    ANTHROPIC_API_KEY: model.key,
    ANTHROPIC_BASE_URL: model.url,
    BOSUN_COMPUTE: 'process',
    LOG_LEVEL: 'error',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  };
  const web = await start({ ...settings, BOSUN_ROLES: 'web', OTEL_SERVICE_NAME: 'bosun-web' });
  const rest = await start({ ...settings, BOSUN_ROLES: 'orchestrator,door', OTEL_SERVICE_NAME: 'bosun-rest' });
  github.setWebhook({ url: `${web.url}${WEBHOOK_PATH}`, secret: SECRET });
  const thread = { repository: story.repository, number: 1 };
  github.comment(thread, { as: story.maintainer, body: `/implement ${REQUEST}` });
  const { tasks } = createPostgresStores({ database: database.database });
  await expect.poll(async () => (await tasks.list({ limit: 1 }))[0]?.state, { timeout: 20_000 }).toBe('COMPLETED');
  // What is to be shown yet is shown while it shuts down.
  await rest.stop();
  await web.stop();

  const [task] = await tasks.list({ limit: 1 });
  const { id, createdAt, finishedAt } = task ?? expect.unreachable();
  const spans = collector.spans.filter(({ traceId }) => traceId === traceIdOf(id));
  expect(collector.spans.length).toBe(spans.length);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  expect(treeOf(spans)).toEqual({
    task: ['FINALIZING', 'HYDRATING', 'RUNNING', 'admission', 'check run', 'claim', 'comment', 'delivery', 'wait'],
    RUNNING: ['model request'],
    FINALIZING: ['gate', 'pull request', 'push'],
  });
  const root = spans.find(({ name }) => name === 'task');
  expect(root?.spanId).toBe(spanIdOf('task', { id, epoch: 1 }));
  expect(root?.parentSpanId ?? '').toBe('');
  expect([root?.startTimeUnixNano, root?.endTimeUnixNano].map(toMs)).toEqual([createdAt, finishedAt].map(Number));
  expect(servicesOf(spans)).toMatchObject({ delivery: 'bosun-web', admission: 'bosun-web', push: 'bosun-rest' });
  for (const span of spans) {
    expect(span.attributes).toMatchObject({ 'bosun.task': id, 'bosun.repository': story.repository });
    expect(span.attributes).toHaveProperty(['bosun.state']);
    expect(span.attributes).toHaveProperty(['bosun.epoch']);
  }
  expect(spans.filter(({ name }) => name === 'model request')).toHaveLength(2);
  expect(spans.find(({ name }) => name === 'model request')?.attributes).toHaveProperty(['bosun.outputTokens']);
  for (const text of ['periwinkle', model.key, SECRET, 'PRIVATE KEY']) {
    expect(collector.sent()).not.toContain(text);
  }
}, 60_000);

/** Names of spans under the name of the span that their parent's id names. */
function treeOf(spans: readonly ReceivedSpan[]): Record<string, string[]> {
  const names = new Map(spans.map(({ name, spanId }) => [spanId, name]));
  const tree: Record<string, string[]> = {};
  for (const { name, parentSpanId = '' } of spans) {
    if (parentSpanId !== '') {
      const above = names.get(parentSpanId) ?? 'nothing that was sent';
      tree[above] = [...new Set([...(tree[above] ?? []), name])].toSorted();
    }
  }
  return tree;
}

function servicesOf(spans: readonly ReceivedSpan[]): Record<string, unknown> {
  return Object.fromEntries(spans.map(({ name, service }) => [name, service]));
}

function toMs(nano: bigint | undefined): number {
  return Number((nano ?? 0n) / 1_000_000n);
}
