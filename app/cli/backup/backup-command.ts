import { createWriteStream, type WriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Writable } from 'node:stream';

import type { PostgresConnection } from '../../store/postgres/driver/connection-settings.ts';
import { writeBackup, type BackupSummary } from '../../store/postgres/backup/write-backup.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { readVersion } from '../version.ts';
import { withOpenDatabase } from './with-database.ts';

/** `bosun backup FILE`: everything the database knows, as one file. */
export const backupCommand: CliCommand = {
  name: 'backup',
  summary: 'Write the database to a file, also while Bosun runs',
  positional: ['FILE'],
  flags: { json: { type: 'boolean', description: 'print one JSON document' } },
  examples: ['bosun backup /var/backups/bosun.gz', 'bosun backup - | ssh vault "cat > bosun.gz"'],
  async run({ args, output }) {
    const [file = ''] = args;
    if (file === '-' && (output.json || process.stdout.isTTY)) {
      const why = output.json ? '`--json` and `-` both write to stdout' : 'a backup cannot be written to a terminal';
      output.problem(why, 'Name a file, or pipe it: bosun backup - | gunzip | less');
      return EXIT.usage;
    }
    return withOpenDatabase({ output, whenAbsent: 'tell' }, async ({ connection }) => {
      const startedAt = performance.now();
      const write = (target: Writable): Promise<BackupSummary> => backUp(target, { connection, output });
      const summary = file === '-' ? await write(toStdout()) : await writeWhole(file, write);
      const fileBytes = file === '-' ? null : (await stat(file)).size;
      report({ file, fileBytes, summary, ms: performance.now() - startedAt }, output);
      return EXIT.done;
    });
  },
};

async function backUp(
  target: Writable,
  from: { connection: PostgresConnection; output: Output },
): Promise<BackupSummary> {
  const { connection, output } = from;
  const summary = await writeBackup({
    connection,
    target,
    bosunVersion: readVersion(),
    onProgress: ({ table, bytes }) => output.status(`${table}: ${formatBytes(bytes)}`),
  });
  output.status('');
  return summary;
}

/** Under its name once it is whole and on the disk; for this user alone, because it holds keys and private text. */
async function writeWhole(
  file: string,
  write: (target: WriteStream) => Promise<BackupSummary>,
): Promise<BackupSummary> {
  const unfinished = `${file}.${process.pid}.unfinished`;
  try {
    const summary = await write(createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true }));
    await rename(unfinished, file);
    const directory = await open(path.dirname(path.resolve(file)));
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    return summary;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Ending it must not close the process's own stdout before everything is out. */
function toStdout(): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, callback) {
      process.stdout.write(chunk, callback);
    },
  });
}

function report(
  done: { file: string; fileBytes: number | null; summary: BackupSummary; ms: number },
  output: Output,
): void {
  const { file, fileBytes, summary, ms } = done;
  if (output.json) {
    output.document({
      file,
      file_bytes: fileBytes,
      bytes: summary.bytes,
      created_at: summary.createdAt,
      bosun_version: summary.bosunVersion,
      schema: summary.schema.at(-1) ?? null,
      rows: summary.rows,
      sha256: summary.sha256,
      duration_ms: Math.round(ms),
    });
    return;
  }
  const size = fileBytes === null ? formatBytes(summary.bytes) : `${formatBytes(fileBytes)} in ${file}`;
  output.progress(
    `Backed up ${summary.rows['task'] ?? 0} tasks and ${summary.rows['task_event'] ?? 0} events: ${size}. ` +
      'Logs, patches and unpublished work are not part of it; docs/operations.md lists what else to copy.',
  );
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** `950 bytes`, `1.2 MB`. */
function formatBytes(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1_000 && unit < UNITS.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit] ?? ''}`;
}
