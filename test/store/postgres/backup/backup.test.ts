import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { restoreBackup, type Restored } from '../../../../app/store/postgres/backup/restore-backup.ts';
import { writeBackup } from '../../../../app/store/postgres/backup/write-backup.ts';
import { createPostgresStores } from '../../../../app/store/postgres/create-postgres-stores.ts';
import { inspectSchema } from '../../../../app/store/postgres/migrate.ts';
import { MIGRATIONS } from '../../../../app/store/postgres/migrations.ts';
import { readRestored } from '../../../../app/store/restored.ts';
import { createPostgresDatabase } from '../../../../app/store/postgres/postgres-database.ts';
import { withDatabase, type TestDatabase } from '../../../support/database.ts';
import { findBroken } from '../../../support/invariants.ts';
import { createStory } from '../../../support/random-operations.ts';
import { snapshotOfDatabase } from '../../../support/store-snapshots.ts';
import { limits } from '../../../contract/stores/store-harness.ts';

const origin = withDatabase();
const target = withDatabase({ empty: true });
const NOW = new Date('2026-11-21T12:00:00Z');
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'bosun-backup-'));
  await fill(origin, 'a');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
afterEach(async () => {
  await target.database.execute('drop schema public cascade; create schema public;');
});

async function fill(db: TestDatabase, player: string): Promise<void> {
  let seed = 7;
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const stores = createPostgresStores({ database: db.database, leaseClock: 'caller' });
  const story = createStory({ stores, random, limits: limits(), player, startAt: NOW, timePasses: true });
  for (let step = 0; step < 250; step += 1) {
    await story.step();
  }
  // What COPY has to escape, and what is larger than a piece of it.
  const body = Buffer.from('\\.\n\\N\t\0\u2028'.repeat(40_000));
  await stores.inbox.record({ id: 'odd\\.\n\t', event: 'push', body, receivedAt: NOW });
}

async function back(db: TestDatabase): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      pieces.push(chunk);
      callback();
    },
  });
  await writeBackup({ connection: db.connection, target: sink, bosunVersion: '9.9.9' });
  return Buffer.concat(pieces);
}

function restore(backup: Buffer, options: { existing?: 'replace'; migrations?: URL } = {}): Promise<Restored> {
  const pieces = Array.from({ length: Math.ceil(backup.length / 1_000) }, (_, index) =>
    backup.subarray(index * 1_000, (index + 1) * 1_000),
  );
  return restoreBackup({
    connection: target.connection,
    source: Readable.from(pieces),
    existing: 'refuse',
    now: NOW,
    ...options,
  });
}

async function contentOf(db: TestDatabase): Promise<Record<string, unknown>> {
  const tables = await db.database.query<{ name: string }>({
    text: `select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  });
  const content: Record<string, unknown> = {};
  for (const { name } of tables) {
    const rows = await db.database.query<{ row: string }>({
      text: `select t::text as row from ${name} t
        where coalesce(to_jsonb(t) ->> 'name', '') <> 'fact:restored' order by 1`,
    });
    content[name] = name === 'bosun_migration' ? rows.length : rows;
  }
  return content;
}

test('what comes back is what was there, to the last row', async () => {
  const backup = await back(origin);
  expect(await restore(backup)).toMatchObject({ restored: true, header: { bosunVersion: '9.9.9' } });
  expect(await contentOf(target)).toEqual(await contentOf(origin));
  expect(findBroken(await snapshotOfDatabase(target.database))).toEqual([]);
  const { keys } = createPostgresStores({ database: target.database });
  expect(await readRestored(keys)).toMatchObject({ restoredAt: NOW });
});

test('a restored database continues: numbers that were given out are not given out again', async () => {
  await restore(await back(origin));
  const [last] = await origin.database.query<{ seq: number }>({ text: 'select max(seq) as seq from task_event' });
  await target.database.query({
    text: `insert into task_event (task_id, epoch, kind, at, state, data)
      select id, 0, 'task.note', now(), state, '{}' from task limit 1`,
  });
  const [next] = await target.database.query<{ seq: number }>({ text: 'select max(seq) as seq from task_event' });
  expect(next?.seq).toBe((last?.seq ?? 0) + 1);
});

test('a backup shows one instant, whatever is written meanwhile', async () => {
  const writing = fill(origin, 'b');
  const backup = await back(origin);
  await writing;
  await restore(backup);
  expect(findBroken(await snapshotOfDatabase(target.database))).toEqual([]);
});

test('a database that holds something is given up only on demand', async () => {
  const backup = await back(origin);
  await restore(backup);
  const before = await contentOf(target);
  expect(await restore(backup)).toMatchObject({ restored: false, why: 'not_empty', holding: { deliveries: 1 } });
  expect(await contentOf(target)).toEqual(before);
  expect(await restore(backup, { existing: 'replace' })).toMatchObject({ restored: true });
});

test.each([
  ['cut off', (backup: Buffer) => backup.subarray(0, backup.length - 200)],
  ['with a bit flipped', (backup: Buffer) => flip(backup, backup.length >> 1)],
  ['with a row missing', (backup: Buffer) => gzipSync(dropLine(gunzipSync(backup)))],
  ['with something behind it', (backup: Buffer) => gzipSync(Buffer.concat([gunzipSync(backup), Buffer.from('x')]))],
  ['that is something else', () => gzipSync('hello\n')],
  ['that is empty', () => Buffer.alloc(0)],
])('a backup %s is refused and leaves the database as it was', async (_name, damage) => {
  const backup = await back(origin);
  await restore(backup);
  const before = await contentOf(target);
  expect(await restore(damage(backup), { existing: 'replace' })).toMatchObject({ restored: false, why: 'damaged' });
  expect(await contentOf(target)).toEqual(before);
});

function flip(backup: Buffer, at: number): Buffer {
  const copy = Buffer.from(backup);
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
}

/** Takes the first data row of the events out, which nothing refers to. */
function dropLine(text: Buffer): Buffer {
  const from = text.indexOf('\n', text.indexOf('{"table":"task_event"')) + 1;
  return Buffer.concat([text.subarray(0, from), text.subarray(text.indexOf('\n', from) + 1)]);
}

test('an older backup is brought up to date, and one of a newer schema is refused', async () => {
  const newer = path.join(directory, 'newer');
  cpSync(MIGRATIONS, newer, { recursive: true });
  writeFileSync(path.join(newer, '900-more.sql'), `alter table task add column more text not null default 'told';\n`);
  const migrations = pathToFileURL(`${newer}/`);
  expect(await restore(await back(origin), { migrations })).toMatchObject({ restored: true });
  expect(await inspectSchema(target.database)).toMatchObject({ newer: '900-more', pending: [] });
  const [row] = await target.database.query({ text: 'select distinct more from task' });
  expect(row).toEqual({ more: 'told' });

  const refused = await restore(await back(target), { existing: 'replace' });
  expect(refused).toMatchObject({ restored: false, why: 'newer', unknown: '900-more' });
});

test('a Bosun that is connected stops a restore from replacing its rows', async () => {
  const running = await createPostgresDatabase({ connection: target.connection });
  try {
    expect(await restore(await back(origin))).toMatchObject({ restored: false, why: 'in_use' });
  } finally {
    await running.close();
  }
});
