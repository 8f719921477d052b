import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { WEBHOOK_PATH } from '../../app/main.ts';
import { createS3Artifacts } from '../../app/store/artifacts/s3/s3-artifacts.ts';
import { createDirectoryArtifacts } from '../../app/store/artifacts/directory-artifacts.ts';
import type { Artifacts } from '../../app/store/artifacts.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import type { Task } from '../../app/task/task.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import { createScriptedModel, type ScriptedModel } from '../../demo/model/create-scripted-model.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { stageStory, story } from '../../demo/story.ts';
import { withDatabase } from '../support/database.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { findBroken } from '../support/invariants.ts';
import { withBucket } from '../support/s3.ts';
import { snapshotOfDatabase } from '../support/store-snapshots.ts';
import { urlOf } from './url-of.ts';

const PROGRAM = fileURLToPath(new URL('mortal-bosun.ts', import.meta.url));
const SECRET = 'known to this test alone';
const THREAD = { repository: story.repository, number: 1 };

const lent = withDatabase();
const bucket = withBucket();
const cleaners: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleaners.splice(0).toReversed()) {
    await clean();
  }
  const broken = findBroken(await snapshotOfDatabase(lent.database));
  await emptyTables(lent.database);
  expect(broken).toEqual([]);
});

interface World {
  readonly github: LocalGitHub;
  readonly model: ScriptedModel;
  readonly artifacts: Artifacts;
  /** A Bosun on a machine that has nothing. */
  start(fatalStep?: string): Promise<{ died: Promise<unknown>; destroy(): Promise<void> }>;
  /** Polls until the task fits; leases of the dead and pauses between tries pass at once. */
  taskThat(fits: (task: Task) => boolean | Promise<boolean>): Promise<Task>;
}

async function temporary(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-machine-'));
  cleaners.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function openWorld(kind: 'directory' | 's3', script: ModelScript): Promise<World> {
  const github = await createLocalGitHub();
  cleaners.push(() => github.close());
  const model = await createScriptedModel({ script });
  cleaners.push(() => model.close());
  await stageStory(github);
  const directory = await temporary();
  const { place } = bucket;
  const artifacts = kind === 's3' ? createS3Artifacts(place) : createDirectoryArtifacts({ directory });
  const settings = {
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    WEBHOOK_SECRET: SECRET,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: github.url,
    PORT: '0',
    DATABASE_URL: urlOf(lent.connection),
    ANTHROPIC_API_KEY: model.key,
    ANTHROPIC_BASE_URL: model.url,
    BOSUN_COMPUTE: 'process',
    BOSUN_ARTIFACTS: kind === 's3' ? `s3://${place.bucket}/${place.prefix}` : directory,
    ...(kind === 's3' ? { AWS_ENDPOINT_URL_S3: place.endpointUrl } : {}),
    LOG_LEVEL: 'error',
  };
  const { tasks } = createPostgresStores({ database: lent.database });

  return {
    github,
    model,
    artifacts,
    async start(fatalStep) {
      const dataDir = await temporary();
      const argument = JSON.stringify({ ...settings, BOSUN_DATA_DIR: dataDir });
      const args = [PROGRAM, argument, ...(fatalStep === undefined ? [] : [fatalStep])];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const died = once(child, 'exit');
      cleaners.push(async () => {
        child.kill('SIGKILL');
        await died;
      });
      await new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
        createInterface({ input: child.stdout }).on('line', (line) => {
          const { url } = JSON.parse(line) as { url?: string };
          if (url !== undefined) {
            github.setWebhook({ url: `${url}${WEBHOOK_PATH}`, secret: SECRET });
            resolve();
          }
        });
      });
      return {
        died,
        async destroy() {
          child.kill('SIGKILL');
          await died;
          await killWorkers(dataDir);
          await rm(dataDir, { recursive: true });
          // Its leases end with nobody to renew them.
          await lent.database.query({
            text: `update task set lease_until = now() - interval '1 second' where lease_until is not null`,
          });
          await lent.database.query({ text: 'update report_cursor set hold_until = null' });
        },
      };
    },
    async taskThat(fits) {
      let task: Task | undefined;
      await expect
        .poll(
          async () => {
            await lent.database.query({
              text: `update task set wake_at = now() where wait_reason = 'backoff' and wake_at > now()`,
            });
            await lent.database.query({ text: `select pg_notify('bosun_wake', '{"kind":"task","id":"*"}')` });
            [task] = await tasks.list({ limit: 1 });
            return task !== undefined && (await fits(task));
          },
          { timeout: 60_000, interval: 100 },
        )
        .toBe(true);
      return task as Task;
    },
  };
}

/** A machine that is gone takes its workers with it: every process that names its data directory. */
async function killWorkers(dataDir: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const told = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')),
    );
    if (told.some((text) => text.includes(dataDir))) {
      process.kill(Number(pid), 'SIGKILL');
    }
  }
}

async function expectPullRequest({ github }: World, task: Task, file: { path: string; text: RegExp }): Promise<void> {
  expect(task).toMatchObject({ state: 'COMPLETED', failure: null });
  expect(github.pulls(story.repository)).toHaveLength(1);
  expect(await github.readFile(story.repository, { path: file.path, ref: task.branch })).toMatch(file.text);
}

const write = (file: string, text: string) => ({
  toolUse: [{ name: 'bash', input: { command: `echo ${text} > ${file}` } }],
});

describe.each(['directory', 's3'] as const)('with artifacts in %s', (kind) => {
  test.each(['ended', 'before_push'])(
    'a machine that is destroyed at %s loses no work: another one without anything publishes it',
    async (step) => {
      const world = await openWorld(kind, [write('DONE.md', 'done'), { text: 'Wrote it down.' }]);
      const first = await world.start(step);
      world.github.comment(THREAD, { as: story.maintainer, body: '/implement' });
      await first.died;
      await first.destroy();
      await world.start();
      const task = await world.taskThat((row) => row.finishedAt !== null);
      expect(task.epoch).toBe(1);
      await expectPullRequest(world, task, { path: 'DONE.md', text: /^done\n$/ });
      // What is at GitHub needs no second copy.
      await expect.poll(() => world.artifacts.list(`${task.id}/1/quarantine`)).toEqual([]);
    },
  );

  test('a machine that is destroyed while a worker runs: the next attempt begins with what was pushed', async () => {
    let isLater = false;
    const world = await openWorld(kind, (_request, { turn }) => {
      if (isLater) {
        return turn === 0
          ? { toolUse: [{ name: 'bash', input: { command: 'cat HALF.md && echo done > DONE.md' } }] }
          : { text: 'Done.' };
      }
      return turn < 6 ? write('HALF.md', `half ${turn}`) : { fault: 'hang' };
    });
    const first = await world.start();
    world.github.comment(THREAD, { as: story.maintainer, body: '/implement' });
    await world.model.waitForCall(7);
    const before = await world.taskThat(async ({ id }) => {
      const keys = await world.artifacts.list(`${id}/1/quarantine`);
      return keys.some((key) => key.endsWith('.bundle'));
    });
    expect(before).toMatchObject({ state: 'RUNNING', epoch: 1 });
    await first.destroy();
    isLater = true;
    await world.start();
    const task = await world.taskThat((row) => row.finishedAt !== null);
    expect(task.epoch).toBe(2);
    await expectPullRequest(world, task, { path: 'HALF.md', text: /^half \d\n$/ });
  });
});
