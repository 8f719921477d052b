import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { inspectSchema, migrate } from '../../../app/store/postgres/migrate.ts';
import { withDatabase } from '../../support/database.ts';

const db = withDatabase({ empty: true });
let path: string;
let directory: URL;

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'bosun-migrations-'));
  directory = pathToFileURL(`${path}/`);
  await db.database.execute('drop table if exists bosun_migration, one, two, three');
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

function write(name: string, script: string): void {
  writeFileSync(join(path, name), script);
}

test('an empty database lacks everything, and stays empty', async () => {
  write('001-one.sql', 'create table one ()');
  write('002-two.sql', 'create table two ()');
  expect(await inspectSchema(db.database, { directory })).toEqual({
    pending: ['001-one', '002-two'],
    newer: null,
    readable: true,
  });
  expect(await db.database.query({ text: `select from pg_tables where schemaname = 'public'` })).toEqual([]);
});

test('what is applied is not pending', async () => {
  write('001-one.sql', 'create table one ()');
  await migrate(db.database, { directory });
  write('002-two.sql', 'create table two ()');
  expect(await inspectSchema(db.database, { directory })).toMatchObject({ pending: ['002-two'], newer: null });
});

test.each([
  ['create table two ()', true],
  ['--! breaking-change\ncreate table two ()', false],
])('a schema newer than this version (%j) is readable: %s', async (script, readable) => {
  write('001-one.sql', 'create table one ()');
  write('002-two.sql', script);
  await migrate(db.database, { directory });
  rmSync(join(path, '002-two.sql'));
  expect(await inspectSchema(db.database, { directory })).toEqual({ pending: [], newer: '002-two', readable });
});
