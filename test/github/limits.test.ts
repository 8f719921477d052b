import { expect, test } from 'vitest';
import type { GitHubResult, WritePriority } from '../../app/github/github.ts';
import { createLimits } from '../../app/github/limits/limits.ts';
import type { Limits } from '../../app/github/limits/limits.ts';
import { createMemoryWriteLocks } from '../../app/store/memory/memory-write-locks.ts';

const QUIET = { remaining: null, resetAt: null };

/** Limits on a clock that only sleeping moves. */
function createProcess() {
  const start = Date.parse('2026-11-21T10:00:00Z');
  const setup = { nowMs: start, sent: [] as { name: string; atMs: number }[] };
  const limits = createLimits({
    installationId: 1,
    holder: 'one',
    writeLocks: createMemoryWriteLocks(),
    clock: { now: () => new Date(setup.nowMs) },
    sleep: async (ms) => {
      await new Promise((resolve) => setImmediate(resolve));
      setup.nowMs += ms;
    },
  });
  function write(limitsNow: Limits, name: string, priority: WritePriority): Promise<GitHubResult<string>> {
    return limitsNow.write(priority, () => {
      setup.sent.push({ name, atMs: setup.nowMs - start });
      return Promise.resolve({ ok: true, value: name });
    });
  }
  return { setup, limits, write: (name: string, priority: WritePriority = 'normal') => write(limits, name, priority) };
}

test('the first few writes after a quiet time are not delayed', async () => {
  const { setup, write } = createProcess();
  await Promise.all(Array.from({ length: 10 }, (_, index) => write(`w${index}`)));
  expect(setup.sent.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 10 }, () => 0));
});

test('writes run one at a time, the more important first', async () => {
  const { setup, limits, write } = createProcess();
  let release = (): void => undefined;
  let running: Promise<unknown> = Promise.resolve();
  await new Promise<void>((started) => {
    running = limits.write<string>('low', () => {
      started();
      return new Promise((resolve) => (release = () => resolve({ ok: true, value: 'first' })));
    });
  });
  const others = [write('edit', 'low'), write('reply'), write('terminal', 'high'), write('terminal 2', 'high')];
  expect(setup.sent).toEqual([]);
  release();
  await Promise.all([running, ...others]);
  expect(setup.sent.map(({ name }) => name)).toEqual(['terminal', 'terminal 2', 'reply', 'edit']);
});

test('a flood stays below what GitHub allows in a minute and an hour, and reserves some for what matters', async () => {
  const { setup, write } = createProcess();
  const start = setup.nowMs;
  let refused = 0;
  while (setup.nowMs - start < 2 * 3_600_000) {
    const low = await write('edit', 'low');
    if (!low.ok) {
      refused += 1;
      setup.nowMs += 1_000;
    }
    if (setup.sent.length % 50 === 0) {
      expect((await write('terminal', 'high')).ok).toBe(true);
    }
  }
  const times = setup.sent.map(({ atMs }) => atMs);
  function most(withinMs: number): number {
    return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + withinMs).length));
  }
  expect(most(60_000)).toBeLessThanOrEqual(80);
  expect(most(3_600_000)).toBeLessThanOrEqual(500);
  expect(refused).toBeGreaterThan(0);
});

test('a write that would have to wait long is refused at once with the time', async () => {
  const { setup, limits, write } = createProcess();
  const resetAt = new Date(setup.nowMs + 600_000);
  await limits.observe({ quota: { remaining: 0, resetAt }, problem: null });
  expect(await write('edit', 'high')).toMatchObject({ ok: false, problem: { kind: 'limited', retryAt: resetAt } });
  expect(setup.sent).toEqual([]);
});

test('a high one that arrives while a low one waits goes first', async () => {
  const { setup, limits, write } = createProcess();
  await limits.observe({ quota: QUIET, problem: null });
  await Promise.all(Array.from({ length: 10 }, (_, index) => write(`w${index}`, 'low')));
  setup.nowMs += 8_500;
  const waiting = write('edit', 'low');
  const urgent = write('terminal', 'high');
  await Promise.all([waiting, urgent]);
  expect(setup.sent.slice(-2).map(({ name }) => name)).toEqual(['terminal', 'edit']);
});

test('who is refused again and again waits longer each time', async () => {
  const { setup, limits } = createProcess();
  const waits: number[] = [];
  for (let strike = 0; strike < 6; strike += 1) {
    const retryAt = new Date(setup.nowMs + 60_000);
    await limits.observe({ quota: QUIET, problem: { kind: 'limited', status: 403, message: '', retryAt } });
    waits.push(((await limits.fetchBlockedUntil())?.getTime() ?? 0) - setup.nowMs);
    setup.nowMs = (await limits.fetchBlockedUntil())?.getTime() ?? 0;
  }
  expect(waits).toEqual([60_000, 120_000, 240_000, 480_000, 900_000, 900_000]);
  await limits.observe({ quota: QUIET, problem: null });
  const retryAt = new Date(setup.nowMs + 5_000);
  await limits.observe({ quota: QUIET, problem: { kind: 'limited', status: 429, message: '', retryAt } });
  expect(await limits.fetchBlockedUntil()).toEqual(retryAt);
});
