import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

import type { Artifacts } from '../artifacts.ts';
import { partsOfKey, partsOfPrefix } from './artifact-path.ts';
import { capLog, DEFAULT_MAX_LOG_BYTES } from './cap-log.ts';
import { createKeyedMutex } from './keyed-mutex.ts';

/** Starts with a dot, which no key may: never listed, never in the way. */
const DRAFT_PREFIX = '.draft-';

/**
 * Artifacts as files below a directory. A put is on disk, under its name and whole, when it resolves: written beside,
 * synced, renamed, and the directory synced. An append is in the file when it resolves and on disk a little later.
 */
export function createDirectoryArtifacts(options: { directory: string; maxLogBytes?: number }): Artifacts {
  const root = resolve(options.directory);
  const maxBytes = options.maxLogBytes ?? DEFAULT_MAX_LOG_BYTES;
  // The cap of a log is checked against the size before it.
  const inTurn = createKeyedMutex();

  function pathOf(key: string): string {
    return join(root, ...partsOfKey(key));
  }

  async function put(path: string, bytes: Uint8Array): Promise<void> {
    const directory = dirname(path);
    await makeDirectory(directory);
    const draft = join(directory, DRAFT_PREFIX + randomUUID());
    try {
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await syncDirectory(directory);
  }

  async function append(path: string, bytes: Uint8Array): Promise<void> {
    await makeDirectory(dirname(path));
    const file = await open(path, 'a', 0o600);
    try {
      const { size } = await file.stat();
      await file.writeFile(capLog({ sizeBytes: size, maxBytes }, bytes));
    } finally {
      await file.close();
    }
  }

  async function makeDirectory(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true, mode: 0o700 });
    if (first === undefined) {
      return;
    }
    // A directory that is new is an entry in the one above it, which must be on disk too.
    for (let at = path; at.length >= first.length; at = dirname(at)) {
      await syncDirectory(dirname(at));
    }
  }

  return {
    put: async (key, bytes) => {
      const path = pathOf(key);
      await inTurn(key, () => put(path, bytes));
    },
    append: async (key, bytes) => {
      const path = pathOf(key);
      await inTurn(key, () => append(path, bytes));
    },
    get: async (key) => {
      try {
        return await readFile(pathOf(key));
      } catch (error) {
        return isCode(error, 'EISDIR') ? null : rethrowUnlessMissing(error, null);
      }
    },
    list: async (prefix) => {
      const start = join(root, ...partsOfPrefix(prefix));
      const entries = await readdir(start, { recursive: true, withFileTypes: true }).catch((error: unknown) =>
        // A prefix may be a whole key.
        isCode(error, 'ENOTDIR')
          ? [{ name: '', parentPath: start, isFile: () => true }]
          : rethrowUnlessMissing(error, []),
      );
      return entries
        .filter((entry) => entry.isFile() && !entry.name.startsWith(DRAFT_PREFIX))
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .sort();
    },
    remove: async (prefix) => {
      await rm(pathOf(prefix.replace(/\/$/, '')), { recursive: true, force: true });
    },
  };
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function rethrowUnlessMissing<T>(error: unknown, missing: T): T {
  if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) {
    return missing;
  }
  throw error;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
