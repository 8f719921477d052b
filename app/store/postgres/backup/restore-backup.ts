import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

import { renderRestored } from '../../restored.ts';
import type { PostgresConnection } from '../driver/connection-settings.ts';
import { LEDGER, LOCK_KEY, MIGRATIONS, readMigrations, type Migration } from '../migrations.ts';
import {
  createBackupReader,
  DamagedBackup,
  type BackupHeader,
  type BackupReader,
  type BackupSection,
  type BackupTrailer,
} from './backup-format.ts';
import { withCopySession } from './connect-for-copy.ts';
import { parseHeader, parseSection } from './parse-backup.ts';
import { describeColumns, identifier } from './read-catalog.ts';
import { clearSchema, readHolding, type Holding } from './replace-schema.ts';

export type Restored =
  | { readonly restored: true; readonly header: BackupHeader; readonly rows: BackupTrailer['rows'] }
  | { readonly restored: false; readonly why: 'damaged'; readonly detail: string }
  /** Written by a newer Bosun; `unknown` is the first migration this version does not have. */
  | { readonly restored: false; readonly why: 'newer'; readonly header: BackupHeader; readonly unknown: string }
  /** The database is not empty, and nobody allowed to replace it. */
  | { readonly restored: false; readonly why: 'not_empty'; readonly holding: Holding }
  /** Processes of Bosun that are connected. */
  | { readonly restored: false; readonly why: 'in_use'; readonly sessions: number };

export interface RestoreRequest {
  readonly connection: PostgresConnection;
  /** The compressed backup. */
  readonly source: Readable;
  /** Whether what the database holds may be given up for the backup. */
  readonly existing: 'refuse' | 'replace';
  readonly now: Date;
  /** Where the numbered files of this version are. */
  readonly migrations?: URL;
  readonly onProgress?: (progress: { readonly table: string }) => void;
}

/**
 * Puts a backup into the database, in one transaction: the schema of the backup, its rows, and the migrations that came
 * since. Whatever goes wrong on the way leaves the database as it was. Leaves a note of the restore behind, by which
 * every task of the backup is compared with GitHub before it continues.
 */
export async function restoreBackup(request: RestoreRequest): Promise<Restored> {
  const known = readMigrations(request.migrations ?? MIGRATIONS);
  // A failure while it unpacks comes out where it is read.
  const unpacked = createGunzip();
  const feeding = pipeline(request.source, unpacked).catch(() => undefined);
  const reader = createBackupReader(unpacked as AsyncIterable<Buffer>);
  try {
    const header = parseHeader((await reader.readLine()).value);
    const names = new Set(known.map((migration) => migration.name));
    const unknown = header.schema.find((name) => !names.has(name));
    if (unknown !== undefined) {
      return { restored: false, why: 'newer', header, unknown };
    }
    return await withCopySession(request.connection, (client) => restore(client, { request, reader, header, known }));
  } catch (error) {
    if (error instanceof DamagedBackup) {
      return { restored: false, why: 'damaged', detail: error.message };
    }
    throw error;
  } finally {
    unpacked.destroy();
    request.source.destroy();
    await feeding;
  }
}

interface Work {
  readonly request: RestoreRequest;
  readonly reader: BackupReader;
  readonly header: BackupHeader;
  readonly known: readonly Migration[];
}

async function restore(client: Client, work: Work): Promise<Restored> {
  const { header, known, reader, request } = work;
  await client.query('begin');
  await client.query(`select pg_advisory_xact_lock(${LOCK_KEY})`);
  const sessions = await countSessions(client);
  if (sessions > 0) {
    return { restored: false, why: 'in_use', sessions };
  }
  const holding = await readHolding(client);
  if (holding !== null && request.existing === 'refuse') {
    return { restored: false, why: 'not_empty', holding };
  }
  await clearSchema(client, known);
  const then = new Set(header.schema);
  await client.query(LEDGER);
  await applyAll(
    client,
    known.filter((migration) => then.has(migration.name)),
  );
  const trailer = await copyTables(client, { reader, onProgress: request.onProgress });
  for (const [name, last] of Object.entries(trailer.sequences)) {
    await client.query('select setval($1::regclass, $2::bigint)', [identifier(name), last]);
  }
  await applyAll(
    client,
    known.filter((migration) => !then.has(migration.name)),
  );
  // The processes that ran scheduled jobs are gone, and these rows do not show what they last did: all are due.
  await client.query(`update duty set holder = null, lease_until = null, due_at = '-infinity'`);
  await client.query(
    `insert into key_value (name, value) values ('fact:restored', $1)
     on conflict (name) do update set value = excluded.value`,
    [renderRestored({ backupAt: new Date(header.createdAt), restoredAt: request.now })],
  );
  await client.query('commit');
  await client.query('analyze');
  return { restored: true, header, rows: trailer.rows };
}

async function applyAll(client: Client, migrations: readonly Migration[]): Promise<void> {
  for (const { breaking, name, number, script } of migrations) {
    await client.query('insert into bosun_migration (number, name, breaking) values ($1, $2, $3)', [
      number,
      name,
      breaking,
    ]);
    await client.query(script);
  }
}

async function copyTables(
  client: Client,
  from: { reader: BackupReader; onProgress: RestoreRequest['onProgress'] },
): Promise<BackupTrailer> {
  const { reader } = from;
  for (;;) {
    const { value, sha256Before } = await reader.readLine();
    const section = parseSection(value);
    if ('end' in section) {
      await reader.expectEnd();
      if (section.sha256 !== sha256Before) {
        throw new DamagedBackup('its checksum is not that of its content');
      }
      return section;
    }
    from.onProgress?.({ table: section.table });
    await copyTable(client, { reader, section });
  }
}

async function copyTable(client: Client, from: { reader: BackupReader; section: BackupSection }): Promise<void> {
  const { reader, section } = from;
  // Migrations may have put rows there that the backup has too.
  await client.query(`delete from ${identifier(section.table)}`);
  const rows = Readable.from(reader.readRows(), { objectMode: true, highWaterMark: 4 });
  await pipeline(rows, client.query(copyFrom(`copy ${describeColumns(section)} from stdin`))).catch(
    (error: unknown) => {
      if (error instanceof DamagedBackup || !isRefusedRow(error)) {
        throw error;
      }
      throw new DamagedBackup(`a row of ${section.table} cannot be read (${(error as Error).message})`);
    },
  );
}

/** Classes 22 and 23: what was sent is no value of the column, or breaks a constraint. */
function isRefusedRow(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return /^2[23]/.test(code);
}

async function countSessions(client: Client): Promise<number> {
  const { rows } = await client.query<{ sessions: number }>(
    `select count(*)::int as sessions from pg_stat_activity
     where datname = current_database() 
       and (application_name = 'bosun' or application_name like 'bosun (%')`,
  );
  return rows[0]?.sessions ?? 0;
}
