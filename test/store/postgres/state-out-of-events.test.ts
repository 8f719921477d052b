import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate } from '../../../app/store/postgres/migrate.ts';
import { MIGRATIONS } from '../../../app/store/postgres/migrations.ts';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import { withDatabase } from '../../support/database.ts';

const db = withDatabase({ empty: true });
let folder: string;

/** A database as the version before migration 015 left it. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bosun-migrations-'));
  for (const file of readdirSync(MIGRATIONS).filter((name) => name < '015')) {
    copyFileSync(new URL(file, MIGRATIONS), join(folder, file));
  }
  await db.database.execute('drop schema public cascade; create schema public;');
  await migrate(db.database, { directory: pathToFileURL(`${folder}/`) });
});
afterEach(() => rmSync(folder, { recursive: true }));

async function addTask(id: string, number: number): Promise<void> {
  await db.database.query({
    text: `insert into task (id, semantic_key, installation_id, repository_id, repository_owner, repository_name,
      thread_number, thread_kind, type, state, priority, requested_by_id, requested_by_login, trigger, approved_text,
      settings, epoch, budget_nano, branch, created_at, wait_reason, wake_at, publication)
      values ($1, $1, 1, 1, 'octo', 'parser', $2, 'issue', 'implement', 'SUBMITTED', 5, 7, 'mira', '{}',
        '{"at": "2026-11-21T12:00:00Z"}', '{}', 2, 100, 'bosun/x', now(), 'slot', now(), '{"headSha": "abc"}')`,
    values: [id, number],
  });
}

async function addEvents(
  taskId: string,
  events: readonly [epoch: number, kind: string, data: object][],
): Promise<void> {
  for (const [index, [epoch, kind, data]] of events.entries()) {
    const at = new Date(Date.parse('2026-11-21T12:00:00Z') + index * 60_000);
    await db.database.query({
      text: `insert into task_event (task_id, epoch, kind, at, state, data) values ($1, $2, $3, $4, 'SUBMITTED', $5)`,
      values: [taskId, epoch, kind, at, JSON.stringify(data)],
    });
  }
}

test('what decisions read back from events before is in columns after the migration', async () => {
  await addTask('a', 1);
  await db.database.query({
    text: `insert into attempt (task_id, epoch, budget_nano, scope_keys, started_at) values ('a', 1, 100, '{}', now())`,
  });
  const session = { kind: 'exited', exitCode: 137, outOfMemory: true };
  await addEvents('a', [
    [1, 'task.waiting', { reason: 'github' }],
    [1, 'task.started', {}],
    [1, 'task.session_ended', { session }],
    [1, 'task.pushed', { headSha: 'abc' }],
    [1, 'task.waiting', { reason: 'model' }],
    [1, 'task.resumed', { by: 'mira' }],
    [2, 'task.note', { note: 'compared', restored: '2026-11-20T10:00:00.000Z' }],
    [2, 'task.waiting', { reason: 'github' }],
    [2, 'task.waiting', { reason: 'model' }],
    [2, 'task.resumed', { reason: 'model' }],
    [2, 'task.waiting', { reason: 'github' }],
  ]);
  await addTask('b', 2);
  expect(await migrate(db.database)).toContain('015-state-out-of-events');
  const stores = createPostgresStores({ database: db.database });
  expect(await stores.tasks.find('a')).toMatchObject({
    publication: { headSha: 'abc', epoch: 1 },
    comparedRestore: new Date('2026-11-20T10:00:00Z'),
    outages: {
      github: { since: new Date('2026-11-21T12:07:00Z'), waits: 2 },
      model: { since: new Date('2026-11-21T12:08:00Z'), waits: 1 },
    },
  });
  expect(await stores.attempts.find({ taskId: 'a', epoch: 1 })).toMatchObject({ sessionEnd: session });
  expect(await stores.tasks.find('b')).toMatchObject({
    publication: { epoch: null },
    comparedRestore: null,
    outages: {},
  });
});
