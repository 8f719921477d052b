import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const TOUCH_MS = 5_000;
const STALE_MS = 30_000;
const LOOK_AGAIN_MS = 25;

/** The last in line for each path in this process. */
const lines = new Map<string, Promise<unknown>>();

/**
 * Runs `use` while a lock file is ours, so that two processes on one data directory do not write to the same mirror.
 * Callers in one process stand in line. A lock left behind by `kill -9` is taken over when its process is gone, or when
 * nobody touched it for 30 s.
 */
export async function withLockFile<T>(path: string, use: () => Promise<T>): Promise<T> {
  const turn = (lines.get(path) ?? Promise.resolve()).then(() => useLocked(path, use));
  const done = turn.catch(() => {
    // The next in line does not care how this one ended; its own caller does.
  });
  lines.set(path, done);
  try {
    return await turn;
  } finally {
    if (lines.get(path) === done) {
      lines.delete(path);
    }
  }
}

async function useLocked<T>(path: string, use: () => Promise<T>): Promise<T> {
  await acquire(path);
  const timer = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {
      // The lock file is gone: nothing to keep fresh, and releasing it is idempotent.
    });
  }, TOUCH_MS);
  try {
    return await use();
  } finally {
    clearInterval(timer);
    await rm(path, { force: true });
  }
}

async function acquire(path: string): Promise<void> {
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw error;
      }
    }
    if (await isStale(path)) {
      await rm(path, { force: true });
    } else {
      await pause(LOOK_AGAIN_MS);
    }
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const [text, facts] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const ageMs = Date.now() - facts.mtimeMs;
    const pid = Number(text);
    if (ageMs > STALE_MS) {
      return true;
    }
    if (text === '' || !Number.isInteger(pid)) {
      return false;
    }
    // Our own process id in a lock that nothing here holds: an earlier process had it, as in a container where the id is always 1.
    return pid === process.pid || !isAlive(pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return false;
    }
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
