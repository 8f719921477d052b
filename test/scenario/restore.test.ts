import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { parseServerConfig } from '../../app/config/server-config.ts';
import { startBosun, WEBHOOK_PATH, type Bosun } from '../../app/main.ts';
import { restoreBackup } from '../../app/store/postgres/backup/restore-backup.ts';
import { writeBackup } from '../../app/store/postgres/backup/write-backup.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import type { Task } from '../../app/task/task.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import { createScriptedModel, type ScriptedModel } from '../../demo/model/create-scripted-model.ts';
import { stageStory, story } from '../../demo/story.ts';
import { withDatabase } from '../support/database.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { findBroken } from '../support/invariants.ts';
import { snapshotOfDatabase } from '../support/store-snapshots.ts';
import { urlOf } from '../support/url-of.ts';

const SECRET = 'known to this test alone';
const THREAD = { repository: story.repository, number: 1 };

const database = withDatabase();
const cleaners: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleaners.splice(0).toReversed()) {
    await clean();
  }
  await emptyTables(database.database);
});

interface Stage {
  readonly github: LocalGitHub;
  readonly model: ScriptedModel;
  start(onStep?: (step: string) => Promise<void>): Promise<Bosun>;
}

async function open(): Promise<Stage> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bosun-restore-'));
  cleaners.push(() => rm(dataDir, { recursive: true, force: true }));
  const github = await createLocalGitHub();
  cleaners.push(() => github.close());
  const model = await createScriptedModel({
    script: [{ toolUse: [{ name: 'bash', input: { command: 'echo done > DONE.md' } }] }, { text: 'Wrote it down.' }],
  });
  cleaners.push(() => model.close());
  await stageStory(github);
  const parsed = parseServerConfig({
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
  });
  if (!parsed.ok) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  return {
    github,
    model,
    async start(onStep) {
      const options = onStep === undefined ? {} : { onStep };
      const bosun = await startBosun(parsed.config, { version: '0.0.0', ...options });
      github.setWebhook({ url: `${bosun.url ?? ''}${WEBHOOK_PATH}`, secret: SECRET });
      return bosun;
    },
  };
}

async function backUp(): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const target = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      pieces.push(chunk);
      callback();
    },
  });
  await writeBackup({ connection: database.connection, target, bosunVersion: '0.0.0' });
  return Buffer.concat(pieces);
}

async function endedTask(): Promise<Task> {
  const { tasks } = createPostgresStores({ database: database.database });
  let newest: Task | undefined;
  await expect
    .poll(
      async () => {
        [newest] = await tasks.list({ limit: 1 });
        return newest?.finishedAt ?? null;
      },
      { timeout: 20_000, interval: 100 },
    )
    .not.toBeNull();
  return newest as Task;
}

function ownComments(github: LocalGitHub): string[] {
  return github
    .comments(THREAD)
    .filter(({ user }) => user.login === github.app.botLogin)
    .map(({ body }) => body);
}

async function shown(github: LocalGitHub): Promise<void> {
  await github.waitForRequest(() => ownComments(github).some((body) => body.includes('Draft pull request #')));
  await github.waitForRequest(() => github.checkRuns(story.repository).some((check) => check.status === 'completed'));
}

test.each([
  ['before the command came', null],
  ['as the task was claimed', 'claimed'],
  ['while the worker ran', 'started'],
  ['between branch and pull request', 'pushed'],
  ['before the end was recorded', 'published'],
])('a backup made %s and restored later repeats nothing, and ends with the truth', async (_when, moment) => {
  const { github, model, start } = await open();
  let backup: Buffer | null = null;
  const first = await start(async (step) => {
    if (step === moment) {
      backup ??= await backUp();
    }
  });
  backup ??= moment === null ? await backUp() : null;
  github.comment(THREAD, { as: story.maintainer, body: '/implement' });
  const before = await endedTask();
  expect(before).toMatchObject({ state: 'COMPLETED' });
  await shown(github);
  await first.stop();
  const calls = model.calls.length;

  const restored = await restoreBackup({
    connection: database.connection,
    source: Readable.from([backup]),
    existing: 'replace',
    now: new Date(),
  });
  expect(restored).toMatchObject({ restored: true });
  // Nothing of it is on record any more, so the second end is one that this start came to.
  const second = await start();
  const task = await endedTask();
  await second.stop();

  expect(task).toMatchObject({
    id: before.id,
    state: 'COMPLETED',
    branch: before.branch,
    publication: { headSha: before.publication.headSha, pullNumber: before.publication.pullNumber },
  });
  expect(Math.abs(task.spentNano - before.spentNano)).toBeLessThan(10_000_000);
  expect(task.spentNano).toBeGreaterThan(0);
  expect(model.calls).toHaveLength(calls);
  expect(github.pulls(story.repository)).toHaveLength(1);
  expect(github.checkRuns(story.repository)).toHaveLength(1);
  const status = ownComments(github).filter((body) => !body.includes('bosun:reply-'));
  expect(status).toEqual([expect.stringContaining('Draft pull request #')]);
  const { stdout } = await github.git(story.repository, ['for-each-ref', '--format=%(refname)', 'refs/heads/bosun']);
  expect(stdout.toString().trim()).toBe(`refs/heads/${task.branch}`);
  expect(findBroken(await snapshotOfDatabase(database.database))).toEqual([]);
});
