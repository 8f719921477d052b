import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { migrate } from '../../../app/store/postgres/migrate.ts';
import { createPostgresDatabase } from '../../../app/store/postgres/postgres-database.ts';
import { withDatabase } from '../../support/database.ts';

const db = withDatabase({ empty: true });
let folder: string;
let directory: URL;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bosun-migrations-'));
  directory = pathToFileURL(`${folder}/`);
  await db.database.execute('drop schema public cascade; create schema public;');
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, script: string) {
  writeFileSync(join(folder, name), script);
}

async function appliedNumbers() {
  const rows = await db.database.query<{ number: number }>({
    text: 'select number from bosun_migration order by number',
  });
  return rows.map((row) => row.number);
}

test('applies the files in order, once', async () => {
  write('002-more.sql', 'alter table thing add column size integer;');
  write('001-first.sql', 'create table thing (id integer primary key);');
  expect(await migrate(db.database, { directory })).toEqual(['001-first', '002-more']);
  expect(await migrate(db.database, { directory })).toEqual([]);
  expect(await appliedNumbers()).toEqual([1, 2]);
});

test('leaves nothing of a migration that fails, and continues from there once it is fixed', async () => {
  write('001-first.sql', 'create table thing (id integer primary key);');
  write('002-bad.sql', 'create table other (id integer); insert into nowhere values (1);');
  await expect(migrate(db.database, { directory })).rejects.toThrow(/002-bad failed and changed nothing.*nowhere/);
  expect(await appliedNumbers()).toEqual([1]);
  write('002-bad.sql', 'create table other (id integer);');
  expect(await migrate(db.database, { directory })).toEqual(['002-bad']);
});

test('several processes that migrate at once apply each file once', async () => {
  for (const number of [1, 2, 3, 4]) {
    write(`00${number}-step.sql`, `create table step_${number} (id integer); select pg_sleep(0.01);`);
  }
  const pools = await Promise.all(
    Array.from({ length: 6 }, () => createPostgresDatabase({ connection: db.connection, maxConnections: 2 })),
  );
  try {
    const done = await Promise.all(pools.map((pool) => migrate(pool, { directory })));
    expect(done.flat().sort()).toEqual(['001-step', '002-step', '003-step', '004-step']);
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
});

test('an older version continues with a newer schema that did not break anything', async () => {
  write('001-first.sql', 'create table thing (id integer primary key);');
  write('002-more.sql', 'alter table thing add column size integer;');
  await migrate(db.database, { directory });
  rmSync(join(folder, '002-more.sql'));
  expect(await migrate(db.database, { directory })).toEqual([]);
});

test('an older version stops before a newer schema that it would misread', async () => {
  write('001-first.sql', 'create table thing (id integer primary key);');
  write('002-split.sql', '--! breaking-change\ndrop table thing;');
  await migrate(db.database, { directory });
  rmSync(join(folder, '002-split.sql'));
  await expect(migrate(db.database, { directory })).rejects.toThrow(/newer Bosun \(migration 002-split\)/);
});

test.each([
  ['a file without a number', ['first.sql'], /007-what-it-does\.sql, not "first\.sql"/],
  ['a number used twice', ['001-one.sql', '001-two.sql'], /next free number/],
])('refuses %s', async (_, names, sentence) => {
  for (const name of names) {
    write(name, 'select 1;');
  }
  await expect(migrate(db.database, { directory })).rejects.toThrow(sentence);
});
