import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';

import { restoreBackup, type Restored } from '../../store/postgres/backup/restore-backup.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { withOpenDatabase } from './with-database.ts';

/** `bosun restore FILE`: the database as it was when the backup was made. */
export const restoreCommand: CliCommand = {
  name: 'restore',
  summary: 'Restore a backup into an empty database; Bosun must be stopped',
  positional: ['FILE'],
  flags: {
    replace: { type: 'boolean', description: 'replace the data that the database contains' },
    json: { type: 'boolean', description: 'print one JSON document' },
  },
  examples: ['bosun restore /var/backups/bosun.gz', 'bosun restore --replace bosun.gz', 'bosun restore - < bosun.gz'],
  async run({ args, flags, output }) {
    const [file = ''] = args;
    const source = await openSource(file, output);
    if (source === null) {
      return EXIT.failed;
    }
    return withOpenDatabase({ output, whenAbsent: 'make' }, async ({ connection, kind }) => {
      if (kind === 'attached') {
        source.destroy();
        output.problem('Bosun runs on this database', 'Stop it, then restore.');
        return EXIT.failed;
      }
      const startedAt = performance.now();
      const restored = await restoreBackup({
        connection,
        source,
        existing: flags['replace'] === true ? 'replace' : 'refuse',
        now: new Date(),
        onProgress: ({ table }) => output.status(`${table} …`),
      });
      output.status('');
      return report(restored, { file, output, ms: performance.now() - startedAt });
    });
  },
};

async function openSource(file: string, output: Output): Promise<Readable | null> {
  if (file === '-') {
    return process.stdin;
  }
  const source = createReadStream(file);
  try {
    await once(source, 'open');
    return source;
  } catch (error) {
    output.problem(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
      'Name a file that `bosun backup` wrote.',
    );
    return null;
  }
}

function report(restored: Restored, done: { file: string; output: Output; ms: number }): number {
  const { file, ms, output } = done;
  if (!restored.restored) {
    const { what, remedy } = explain(restored, file);
    if (output.json) {
      output.document({ restored: false, why: restored.why, message: what });
    }
    output.problem(what, remedy);
    return EXIT.failed;
  }
  const { header, rows } = restored;
  if (output.json) {
    output.document({
      restored: true,
      created_at: header.createdAt,
      bosun_version: header.bosunVersion,
      rows,
      duration_ms: Math.round(ms),
    });
    return EXIT.done;
  }
  output.progress(
    `Restored ${rows['task'] ?? 0} tasks as of ${header.createdAt}. Start Bosun: it compares each task that had not ` +
      'ended with GitHub before it runs, and asks GitHub for the deliveries since the backup (up to three days).',
  );
  return EXIT.done;
}

function explain(
  refused: Extract<Restored, { restored: false }>,
  file: string,
): { readonly what: string; readonly remedy: string } {
  switch (refused.why) {
    case 'damaged':
      return {
        what: `${file} is not a complete backup: ${refused.detail}`,
        remedy: 'Nothing was changed. Use another backup.',
      };
    case 'newer':
      return {
        what: `${file} was written by Bosun ${refused.header.bosunVersion}, whose schema this version does not know (${refused.unknown})`,
        remedy: `Nothing was changed. Restore it with Bosun ${refused.header.bosunVersion} or newer.`,
      };
    case 'in_use':
      return {
        what: `${refused.sessions} connections of a running Bosun use this database`,
        remedy: 'Stop every process of Bosun, then restore.',
      };
    case 'not_empty': {
      const { deliveries, live, newestTaskAt, tasks } = refused.holding;
      const newest = newestTaskAt === null ? '' : `, the newest of ${newestTaskAt.toISOString()}`;
      return {
        what: `the database is not empty: ${tasks} tasks (${live} not ended${newest}) and ${deliveries} deliveries would be lost`,
        remedy: 'Nothing was changed. Back it up first if you want it; `bosun restore --replace` replaces it.',
      };
    }
  }
}
