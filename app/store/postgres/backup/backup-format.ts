import { createHash, type Hash } from 'node:crypto';

/**
 * A backup is one gzip stream of text: a header line (JSON); for each table a line with its name and columns (JSON), its
 * rows as `COPY` writes them, and `\.`; and a last line (JSON) with the sequences, the row counts and the SHA-256 of
 * every byte before it. It can be read with nothing but `gunzip` and `psql`.
 */
export const BACKUP_FORMAT = 'bosun-backup';
export const BACKUP_FORMAT_VERSION = 1;

export interface BackupHeader {
  readonly format: typeof BACKUP_FORMAT;
  readonly formatVersion: number;
  readonly bosunVersion: string;
  /** ISO 8601, by the clock of the database at its snapshot. */
  readonly createdAt: string;
  /** Names of the applied migrations, in order. */
  readonly schema: readonly string[];
}

export interface BackupSection {
  readonly table: string;
  readonly columns: readonly string[];
}

export interface BackupTrailer {
  readonly end: true;
  readonly rows: Readonly<Record<string, number>>;
  /** The last value each sequence gave out. */
  readonly sequences: Readonly<Record<string, string>>;
  readonly sha256: string;
}

/** The file cannot be read to its end as it was written; nothing of it may be used. */
export class DamagedBackup extends Error {}

export interface BackupReader {
  /** The next line of JSON, and the SHA-256 (hex) of everything before it. */
  readLine(): Promise<{ readonly value: unknown; readonly sha256Before: string }>;
  /** The rows of the section whose line was read last, piece by piece. */
  readRows(): AsyncGenerator<Buffer>;
  /** Throws when anything follows. */
  expectEnd(): Promise<void>;
}

const NEWLINE = 0x0a;
/** A data row never begins with `\.`: `COPY` writes a backslash of the data as two. */
const END_OF_ROWS = Buffer.from('\n\\.\n');
const LONGEST_LINE = 1024 * 1024;

/** Takes a backup apart as it comes, in constant memory. Throws `DamagedBackup`. */
export function createBackupReader(source: AsyncIterable<Buffer>): BackupReader {
  const chunks = source[Symbol.asyncIterator]();
  const hash: Hash = createHash('sha256');
  // Between two calls it begins with the line break that ends what was read last.
  let buffer: Buffer = Buffer.alloc(0);

  async function more(): Promise<boolean> {
    const next = await chunks.next().catch((error: unknown) => {
      throw new DamagedBackup(`it cannot be unpacked (${error instanceof Error ? error.message : String(error)})`);
    });
    if (next.done === true) {
      return false;
    }
    buffer = buffer.length === 0 ? next.value : Buffer.concat([buffer, next.value]);
    return true;
  }

  /** Reads on until so many bytes are there, or nothing more comes. */
  async function fill(bytes: number): Promise<void> {
    let comes = true;
    while (comes && buffer.length < bytes) {
      comes = await more();
    }
  }

  function consume(bytes: number): Buffer {
    const taken = buffer.subarray(0, bytes);
    hash.update(taken);
    buffer = buffer.subarray(bytes);
    return taken;
  }

  return {
    async readLine() {
      await fill(1);
      if (buffer[0] === NEWLINE) {
        consume(1);
      }
      const sha256Before = hash.copy().digest('hex');
      let end = buffer.indexOf(NEWLINE);
      while (end < 0) {
        if (buffer.length > LONGEST_LINE || !(await more())) {
          throw new DamagedBackup('it ends too early');
        }
        end = buffer.indexOf(NEWLINE);
      }
      return { value: parseLine(consume(end)), sha256Before };
    },

    async *readRows() {
      // The line break before the first row belongs to the section's line.
      let start = 1;
      for (;;) {
        const end = buffer.indexOf(END_OF_ROWS);
        if (end >= 0) {
          const rows = consume(end + 1).subarray(start);
          consume(END_OF_ROWS.length - 2);
          if (rows.length > 0) {
            yield rows;
          }
          return;
        }
        const safe = buffer.length - END_OF_ROWS.length;
        if (safe > start) {
          yield consume(safe).subarray(start);
          start = 0;
        }
        if (!(await more())) {
          throw new DamagedBackup('it ends too early');
        }
      }
    },

    async expectEnd() {
      await fill(2);
      if (buffer.length > 1) {
        throw new DamagedBackup('something follows its end');
      }
    },
  };
}

function parseLine(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8')) as unknown;
  } catch {
    throw new DamagedBackup('a line of it cannot be read');
  }
}
