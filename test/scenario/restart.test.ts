import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { WEBHOOK_PATH } from '../../app/main.ts';
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
import { snapshotOfDatabase } from '../support/store-snapshots.ts';
import { urlOf } from './url-of.ts';

const PROGRAM = fileURLToPath(new URL('mortal-bosun.ts', import.meta.url));
const SECRET = 'known to this test alone';
const THREAD = { repository: story.repository, number: 1 };
const SCRIPT: ModelScript = [
  { toolUse: [{ name: 'bash', input: { command: 'echo done > DONE.md' } }] },
  { text: 'Wrote it down.' },
];

const lent = withDatabase();
const cleaners: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  const broken = findBroken(await snapshotOfDatabase(lent.database));
  for (const clean of cleaners.splice(0).toReversed()) {
    await clean();
  }
  await emptyTables(lent.database);
  expect(broken).toEqual([]);
});

interface Theater {
  readonly github: LocalGitHub;
  readonly model: ScriptedModel;
  /** Starts a Bosun, the next one on the same data; resolves when it is ready or dead. */
  start(fatalStep?: string): Promise<ChildProcess>;
  task(): Promise<Task | null>;
  /** Polls until the task fits, and lets pauses between tries pass. */
  taskThat(fits: (task: Task) => boolean): Promise<Task>;
}

async function open(script: ModelScript): Promise<Theater> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bosun-restart-'));
  cleaners.push(() => rm(dataDir, { recursive: true, force: true }));
  const github = await createLocalGitHub();
  cleaners.push(() => github.close());
  const model = await createScriptedModel({ script });
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
    DATABASE_URL: urlOf(lent.connection),
    ANTHROPIC_API_KEY: model.key,
    ANTHROPIC_BASE_URL: model.url,
    BOSUN_COMPUTE: 'process',
    LOG_LEVEL: 'error',
  };
  const { tasks } = createPostgresStores({ database: lent.database });

  async function task(): Promise<Task | null> {
    const [newest = null] = await tasks.list({ limit: 1 });
    return newest;
  }

  return {
    github,
    model,
    task,
    async start(fatalStep) {
      const args = [PROGRAM, JSON.stringify(settings), ...(fatalStep === undefined ? [] : [fatalStep])];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(child, 'exit');
      cleaners.push(async () => {
        child.kill('SIGKILL');
        await exited;
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
      return child;
    },
    async taskThat(fits) {
      await expect
        .poll(
          async () => {
            await lent.database.query({
              text: `update task set wake_at = now() where wait_reason = 'backoff' and wake_at > now()`,
            });
            await lent.database.query({ text: `select pg_notify('bosun_wake', '{"kind":"task","id":"*"}')` });
            const now = await task();
            return now !== null && fits(now);
          },
          { timeout: 30_000, interval: 100 },
        )
        .toBe(true);
      return (await task()) as Task;
    },
  };
}

async function say(theater: Theater, body: string): Promise<void> {
  theater.github.comment(THREAD, { as: story.maintainer, body });
  await theater.github.settled();
}

async function expectOneOfEach({ github }: Theater, task: Task): Promise<void> {
  await github.waitForRequest(() => github.checkRuns(story.repository).some((check) => check.status === 'completed'));
  const own = (): string[] =>
    github
      .comments(THREAD)
      .filter(({ user }) => user.login === github.app.botLogin)
      .map(({ body }) => body);
  await github.waitForRequest(() => own().some((body) => body.includes('Draft pull request #')));
  expect(own()).toHaveLength(1);
  expect(github.pulls(story.repository)).toHaveLength(1);
  expect(github.checkRuns(story.repository)).toHaveLength(1);
  const { stdout } = await github.git(story.repository, ['for-each-ref', '--format=%(refname)', 'refs/heads/bosun']);
  expect(stdout.toString().trim()).toBe(`refs/heads/${task.branch}`);
  expect(await github.readFile(story.repository, { path: 'DONE.md', ref: task.branch })).toBe('done\n');
}

test.each([
  'hydrated',
  'started',
  'ended',
  'gate_passed',
  'before_push',
  'pushed',
  'before_pull',
  'pull_opened',
  'published',
  'concluded',
])('killed at %s and started again, it comes to the same end and does nothing twice', async (step) => {
  const theater = await open(SCRIPT);
  const first = await theater.start(step);
  const died = once(first, 'exit');
  await say(theater, '/implement');
  expect(await died).toEqual([null, 'SIGKILL']);
  await theater.start();
  const task = await theater.taskThat((row) => row.finishedAt !== null);
  expect(task).toMatchObject({ state: 'COMPLETED', failure: null });
  expect(task.epoch).toBe(['hydrated', 'started'].includes(step) ? 2 : 1);
  await expectOneOfEach(theater, task);
});

test('told to end while a worker runs, its work is saved first, and the next Bosun goes on from there', async () => {
  let isLater = false;
  const theater = await open((_request, { turn }) => {
    if (isLater) {
      return turn === 0
        ? { toolUse: [{ name: 'bash', input: { command: 'cat HALF.md && echo done > DONE.md' } }] }
        : { text: 'Done.' };
    }
    return turn === 0 ? { toolUse: [{ name: 'bash', input: { command: 'echo half > HALF.md' } }] } : { fault: 'hang' };
  });
  const first = await theater.start();
  await say(theater, '/implement');
  await theater.model.waitForCall(2);
  const ended = once(first, 'exit');
  first.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  const waiting = await theater.task();
  expect(waiting).toMatchObject({ state: 'SUBMITTED', lostAttempts: 0, wait: { reason: 'backoff' } });
  isLater = true;
  await theater.start();
  const task = await theater.taskThat((row) => row.finishedAt !== null);
  expect(task).toMatchObject({ state: 'COMPLETED', epoch: 2 });
  expect(await theater.github.readFile(story.repository, { path: 'HALF.md', ref: task.branch })).toBe('half\n');
  await expectOneOfEach(theater, task);
});
