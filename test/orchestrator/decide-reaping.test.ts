import { expect, test } from 'vitest';
import type { OrchestratorContext } from '../../app/orchestrator/context.ts';
import { decideReaping } from '../../app/orchestrator/reaping/decide-reaping.ts';
import { createReaping } from '../../app/orchestrator/reaping/create-reaping.ts';

const NOON = new Date('2026-11-21T12:00:00Z');
const PAUSE_MS = 120_000;

function after(ms: number): Date {
  return new Date(NOON.getTime() + ms);
}

test.each([
  ['nothing is stale', 10, 0, 'reap'],
  ['two of three are', 3, 2, 'reap'],
  ['three of ten are, which is 30 % and not over', 10, 3, 'reap'],
  ['three of nine are', 9, 3, 'pause'],
  ['all of a thousand are', 1_000, 1_000, 'pause'],
] as const)('when %s', (_name, live, stale, wanted) => {
  expect(decideReaping({ live, stale, pausedSince: null, longestPauseMs: PAUSE_MS }, NOON).do).toBe(wanted);
});

test('a pause ends when it has passed, or after its longest time, and does not begin again before things were calm', () => {
  const mass = { live: 4, stale: 4, longestPauseMs: PAUSE_MS };
  expect(decideReaping({ ...mass, pausedSince: NOON }, after(PAUSE_MS - 1))).toEqual({
    do: 'pause',
    pausedSince: NOON,
  });
  expect(decideReaping({ ...mass, pausedSince: NOON }, after(PAUSE_MS))).toEqual({ do: 'reap', pausedSince: NOON });
  expect(decideReaping({ ...mass, pausedSince: NOON }, after(PAUSE_MS * 9)).do).toBe('reap');
  expect(decideReaping({ ...mass, stale: 1, pausedSince: NOON }, after(5))).toEqual({ do: 'reap', pausedSince: null });
});

test('it is reported once that reaping pauses and once that it continues', async () => {
  const said: string[] = [];
  let stale = 3;
  const log = { error: () => said.push('alarm'), info: () => said.push('over') };
  const reaping = createReaping({
    clock: { now: () => NOON },
    times: { heartbeatStaleMs: 180_000, longestPauseMs: PAUSE_MS },
    stores: { tasks: { staleness: async () => ({ live: 4, stale }) } },
    metrics: { reapingPaused: (isPaused: boolean) => said.push(`metric ${isPaused}`) },
    onReapingPaused: (sentence: string | null) => said.push(sentence?.slice(0, 36) ?? 'nothing to note'),
    log,
  } as unknown as OrchestratorContext);
  expect([await reaping.mayReap(), await reaping.mayReap()]).toEqual([false, false]);
  stale = 0;
  expect([await reaping.mayReap(), await reaping.mayReap()]).toEqual([true, true]);
  expect(said).toEqual([
    'metric true',
    'alarm',
    '3 of 4 running attempts look lost at',
    'metric false',
    'over',
    'nothing to note',
  ]);
});
