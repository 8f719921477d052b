import { lstat, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLockFile } from './lock-file.ts';

/** Its time of change is when the mirror was used last. */
const USED_FILE = 'bosun-used';
const MIRROR = /^\d+\.git$/;

/** Notes that a mirror is used now, also when nothing had to be fetched. */
export async function noteUse(gitDir: string, now: Date = new Date()): Promise<void> {
  const file = join(gitDir, USED_FILE);
  await utimes(file, now, now).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') {
      throw error;
    }
    // The mirror itself may be gone
    await writeFile(file, '').catch(unlessMissing);
  });
}

/**
 * Removes the mirrors that were not used for the longest time until the rest fits `maxBytes`. One that was used after
 * `unusedSince` stays, because attempts that run borrow objects from it; what later needs a removed one fetches it again.
 */
export async function pruneMirrors(
  directory: string,
  limits: { maxBytes: number; unusedSince: Date },
): Promise<{ removed: number; bytes: number }> {
  const names = ((await readdir(directory).catch(unlessMissing)) ?? []).filter((name) => MIRROR.test(name));
  const mirrors: { gitDir: string; bytes: number; usedAt: number }[] = [];
  for (const name of names) {
    const gitDir = join(directory, name);
    mirrors.push({ gitDir, bytes: await measure(gitDir), usedAt: await lastUse(gitDir) });
  }
  let bytes = mirrors.reduce((sum, mirror) => sum + mirror.bytes, 0);
  let removed = 0;
  for (const mirror of mirrors.toSorted((one, other) => one.usedAt - other.usedAt)) {
    if (bytes <= limits.maxBytes || mirror.usedAt >= limits.unusedSince.getTime()) {
      break;
    }
    const isGone = await withLockFile(`${mirror.gitDir}.lock`, async () => {
      // Someone may have begun to use it since it was looked at
      if ((await lastUse(mirror.gitDir)) > mirror.usedAt) {
        return false;
      }
      await rm(mirror.gitDir, { recursive: true, force: true });
      return true;
    });
    bytes -= isGone ? mirror.bytes : 0;
    removed += isGone ? 1 : 0;
  }
  return { removed, bytes };
}

async function lastUse(gitDir: string): Promise<number> {
  const found =
    (await lstat(join(gitDir, USED_FILE)).catch(unlessMissing)) ?? (await lstat(gitDir).catch(unlessMissing));
  return found?.mtimeMs ?? 0;
}

async function measure(gitDir: string): Promise<number> {
  const entries = (await readdir(gitDir, { recursive: true, withFileTypes: true }).catch(unlessMissing)) ?? [];
  let bytes = 0;
  for (const entry of entries.filter((each) => each.isFile())) {
    bytes += (await lstat(join(entry.parentPath, entry.name)).catch(unlessMissing))?.size ?? 0;
  }
  return bytes;
}

function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') {
    return null;
  }
  throw error;
}
