import { createHash } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';

import type { PostgresConnection } from '../driver/connection-settings.ts';
import { BACKUP_FORMAT, BACKUP_FORMAT_VERSION, type BackupHeader, type BackupTrailer } from './backup-format.ts';
import { withCopySession } from './connect-for-copy.ts';
import { describeColumns, readSequences, readTables } from './read-catalog.ts';

export interface BackupProgress {
  readonly table: string;
  /** Uncompressed, so far. */
  readonly bytes: number;
}

export interface BackupSummary extends Pick<BackupHeader, 'createdAt' | 'schema' | 'bosunVersion'> {
  readonly rows: Readonly<Record<string, number>>;
  /** Uncompressed. */
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes everything the database knows, as it stood at one instant, and ends `target`. Works while a server runs: it
 * reads one snapshot and locks nothing that others need. Rows go from socket to `target` in constant memory.
 */
export async function writeBackup(request: {
  readonly connection: PostgresConnection;
  readonly target: Writable;
  readonly bosunVersion: string;
  readonly onProgress?: (progress: BackupProgress) => void;
}): Promise<BackupSummary> {
  return withCopySession(request.connection, async (client) => {
    await client.query('begin isolation level repeatable read, read only');
    const header = await readHeader(client, request.bosunVersion);
    const hash = createHash('sha256');
    const rows: Record<string, number> = {};
    let bytes = 0;
    let sha256 = '';

    function count(piece: string | Buffer): Buffer {
      const buffer = typeof piece === 'string' ? Buffer.from(piece) : piece;
      hash.update(buffer);
      bytes += buffer.length;
      return buffer;
    }

    async function* render(): AsyncGenerator<Buffer> {
      yield count(`${JSON.stringify(header)}\n`);
      for (const section of await readTables(client)) {
        yield count(`${JSON.stringify(section)}\n`);
        const copied = client.query(copyTo(`copy ${describeColumns(section)} to stdout`));
        for await (const piece of copied as AsyncIterable<Buffer>) {
          yield count(piece);
          request.onProgress?.({ table: section.table, bytes });
        }
        rows[section.table] = copied.rowCount;
        yield count('\\.\n');
      }
      const sequences = await readSequences(client);
      sha256 = hash.digest('hex');
      const trailer: BackupTrailer = { end: true, rows, sequences, sha256 };
      yield Buffer.from(`${JSON.stringify(trailer)}\n`);
    }

    await pipeline(Readable.from(render(), { objectMode: true, highWaterMark: 4 }), createGzip(), request.target);
    await client.query('commit');
    const { bosunVersion, createdAt, schema } = header;
    return { bosunVersion, createdAt, schema, rows, bytes, sha256 };
  });
}

async function readHeader(client: Client, bosunVersion: string): Promise<BackupHeader> {
  const applied = await client.query<{ name: string }>('select name from bosun_migration order by number');
  const clock = await client.query<{ now: Date }>('select now() as now');
  return {
    format: BACKUP_FORMAT,
    formatVersion: BACKUP_FORMAT_VERSION,
    bosunVersion,
    createdAt: (clock.rows[0]?.now ?? new Date(0)).toISOString(),
    schema: applied.rows.map((row) => row.name),
  };
}
