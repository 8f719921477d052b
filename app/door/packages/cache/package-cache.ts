import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { openEntry } from './cache-entry.ts';
import type { CacheEntry } from './cache-entry.ts';
import { createEntryWriter } from './entry-writer.ts';
import type { EntryWriter } from './entry-writer.ts';

export interface PackageCache {
  /** What is kept under a key; null when there is nothing, or nothing that can be read. */
  open(key: string): Promise<CacheEntry | null>;
  /** A file being written; it gets its name when it is complete, so that nobody reads half of one. */
  write(key: string): Promise<EntryWriter>;
  /** The registry was asked and the entry still holds. */
  touch(key: string, now: Date): Promise<void>;
  remove(key: string): Promise<void>;
}

const PART = '.part';
/** Downloads of a process that was killed; none takes as long as this. */
const ABANDONED_MS = 2 * 3_600_000;
/** Pruning goes below the limit by this much, so that it does not run after every write. */
const KEEP_SHARE = 0.9;

/**
 * Files in one directory that all processes of this data directory share. A file's modification time is when the registry
 * last confirmed it, its access time when it was last used; the least recently used go when `maxBytes` is exceeded.
 */
export async function openPackageCache(options: { directory: string; maxBytes: number }): Promise<PackageCache> {
  const { directory, maxBytes } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  let bytes = await prune(directory, maxBytes);
  let pruning: Promise<void> | null = null;

  function fileOf(key: string): string {
    return path.join(directory, key.slice(0, 2), key);
  }

  async function noteWritten(size: number): Promise<void> {
    bytes += size;
    if (bytes > maxBytes) {
      pruning ??= prune(directory, maxBytes).then((left) => {
        bytes = left;
        pruning = null;
      });
      await pruning;
    }
  }

  return {
    open: (key) => openEntry(fileOf(key)),

    async write(key) {
      const file = fileOf(key);
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      const part = `${file}.${randomBytes(6).toString('hex')}${PART}`;
      return createEntryWriter(await open(part, 'wx+', 0o600), {
        complete: async (size, now) => {
          await utimes(part, now, now);
          await rename(part, file);
          await noteWritten(size);
        },
        discard: () => rm(part, { force: true }),
      });
    },

    async touch(key, now) {
      await utimes(fileOf(key), now, now).catch(ignoreGone);
    },

    remove: (key) => rm(fileOf(key), { force: true }),
  };
}

/** Removes the least recently used files until the rest fits; returns the bytes that are left. */
async function prune(directory: string, maxBytes: number): Promise<number> {
  const files: { file: string; size: number; usedAt: number }[] = [];
  for (const shard of await readdir(directory)) {
    for (const name of await readdir(path.join(directory, shard)).catch(() => [])) {
      const file = path.join(directory, shard, name);
      const found = await stat(file).catch(() => null);
      if (found === null) {
        continue;
      }
      if (name.endsWith(PART)) {
        if (Date.now() - found.mtimeMs > ABANDONED_MS) {
          await rm(file, { force: true });
        }
        continue;
      }
      files.push({ file, size: found.size, usedAt: found.atimeMs });
    }
  }
  let total = files.reduce((sum, { size }) => sum + size, 0);
  if (total <= maxBytes) {
    return total;
  }
  for (const { file, size } of files.sort((one, other) => one.usedAt - other.usedAt)) {
    if (total <= maxBytes * KEEP_SHARE) {
      break;
    }
    await rm(file, { force: true });
    total -= size;
  }
  return total;
}

function ignoreGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') {
    throw error;
  }
}
