import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { acquireDataLock, type LockHolder } from '../../../app/store/lock/data-lock.ts';
import { startMarkOf } from '../../../app/store/lock/process-facts.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bosun-lock-'));
  path = join(folder, 'bosun.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const OPTIONS = { describe: (holder: LockHolder) => `process ${holder.pid} on ${holder.host}, since ${holder.since}` };

const HOLDER = {
  token: 'theirs',
  pid: process.pid,
  startMark: startMarkOf(process.pid),
  host: hostname(),
  since: 'noon',
};

function leave(holder: Partial<typeof HOLDER>, ageMs = 0) {
  writeFileSync(path, JSON.stringify({ ...HOLDER, ...holder }));
  const then = new Date(Date.now() - ageMs);
  utimesSync(path, then, then);
}

test('is held until it is released, and leaves nothing behind', async () => {
  const lock = await acquireDataLock(path, OPTIONS);
  await expect(acquireDataLock(path, OPTIONS)).rejects.toThrow(`process ${process.pid} on ${hostname()}`);
  expect(readdirSync(folder)).toEqual(['bosun.lock']);
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('of twenty who ask at once exactly one gets it, also over a void one', async () => {
  leave({ startMark: 'another life' });
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => acquireDataLock(path, OPTIONS)));
  const locks = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  expect(locks).toHaveLength(1);
  locks[0]?.release();
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['a process that is gone', { pid: 2 ** 22 + 1 }],
  ['a process whose id was given to another', { startMark: 'another life' }],
])('is void when it was left by %s', async (_, holder) => {
  leave(holder);
  (await acquireDataLock(path, OPTIONS)).release();
});

test('is void when it cannot be read', async () => {
  writeFileSync(path, 'half a lo');
  (await acquireDataLock(path, OPTIONS)).release();
});

test('is void when its holder ran in a container that no longer exists, which only its age shows', async () => {
  leave({ host: 'container-1' }, 60_000);
  (await acquireDataLock(path, OPTIONS)).release();
});

test('is respected when its holder runs in another container and touches it', async () => {
  leave({ host: 'container-1' });
  const touching = setInterval(() => utimesSync(path, new Date(), new Date()), 50);
  try {
    await expect(acquireDataLock(path, OPTIONS)).rejects.toThrow('on container-1, since noon');
  } finally {
    clearInterval(touching);
  }
});

test('releasing does not remove a lock that another process holds by now', async () => {
  const lock = await acquireDataLock(path, OPTIONS);
  leave({ token: 'theirs' });
  lock.release();
  expect(existsSync(path)).toBe(true);
  expect(readFileSync(path, 'utf8')).toContain('theirs');
});

test('notifies a holder that was suspended for too long that another has it', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const lost: string[] = [];
    const lock = await acquireDataLock(path, { ...OPTIONS, onLost: () => lost.push('lost') });
    vi.advanceTimersByTime(10_000);
    expect(lost).toEqual([]);
    leave({ host: 'container-2' });
    vi.advanceTimersByTime(20_000);
    expect(lost).toEqual(['lost']);
    lock.release();
    expect(existsSync(path)).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});
