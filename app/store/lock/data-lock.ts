import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

import { isAlive, startMarkOf } from './process-facts.ts';

export interface LockHolder {
  readonly token: string;
  readonly pid: number;
  readonly startMark: string | null;
  readonly host: string;
  readonly since: string;
}

export interface DataLock {
  release(): void;
}

const TOUCH_MS = 5_000;
/** How old the lock of a process that cannot be seen from here, in another container perhaps, must be to be void. */
const ABANDONED_MS = 30_000;
const LOOK_AGAIN_MS = 500;

export interface LockOptions {
  /** What a refused process is told about the holder. */
  readonly describe: (holder: LockHolder) => string;
  /** Called once when another process took the lock although this one lives. */
  readonly onLost?: () => void;
}

/**
 * One holder per lock file, which names it; it is void once that process is gone. Where the holder ran under another host
 * name (a container that was replaced), the file's age decides, since the holder touches it while it lives. Throws a
 * sentence that names who holds it.
 */
export async function acquireDataLock(path: string, options: LockOptions): Promise<DataLock> {
  const { describe } = options;
  const mine: LockHolder = {
    token: randomUUID(),
    pid: process.pid,
    startMark: startMarkOf(process.pid),
    host: hostname(),
    since: new Date().toISOString(),
  };
  const draft = `${path}.${mine.token}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    while (!tryLink(draft, path)) {
      const holder = readHolder(path);
      if (holder === 'gone') {
        continue;
      }
      if (holder !== 'unreadable' && isHolding(holder, path)) {
        if (holder.host === mine.host) {
          throw new Error(describe(holder));
        }
        await waitForAbandonment(path, () => describe(holder));
      }
      discard(path, holder === 'unreadable' ? null : holder.token, mine.token);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  const touch = setInterval(() => {
    const holder = readHolder(path);
    if (typeof holder === 'object' && holder.token !== mine.token) {
      clearInterval(touch);
      options.onLost?.();
      return;
    }
    touchFile(path);
  }, TOUCH_MS).unref();
  return {
    release: () => {
      clearInterval(touch);
      const holder = readHolder(path);
      if (typeof holder === 'object' && holder.token === mine.token) {
        rmSync(path, { force: true });
      }
    },
  };
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

function isHolding(holder: LockHolder, path: string): boolean {
  if (holder.host !== hostname()) {
    return ageMs(path) < ABANDONED_MS;
  }
  return isAlive(holder.pid) && (holder.startMark === null || startMarkOf(holder.pid) === holder.startMark);
}

async function waitForAbandonment(path: string, describe: () => string): Promise<void> {
  const modified = modifiedMs(path);
  while (ageMs(path) < ABANDONED_MS) {
    await wait(LOOK_AGAIN_MS);
    if (modifiedMs(path) !== modified) {
      throw new Error(describe());
    }
  }
}

/** Removes a void lock. Another process may have replaced it meanwhile; then its lock is put back. */
function discard(path: string, token: string | null, suffix: string): void {
  const aside = `${path}.void.${suffix}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readHolder(aside);
  if (typeof moved === 'object' && moved.token !== token) {
    tryLink(aside, path);
  }
  rmSync(aside, { force: true });
}

function readHolder(path: string): LockHolder | 'gone' | 'unreadable' {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<LockHolder>;
    return typeof value.pid === 'number' && typeof value.token === 'string' ? (value as LockHolder) : 'unreadable';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'gone' : 'unreadable';
  }
}

function touchFile(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // The directory was removed meanwhile; the server itself reports it.
  }
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function ageMs(path: string): number {
  return Date.now() - modifiedMs(path);
}
