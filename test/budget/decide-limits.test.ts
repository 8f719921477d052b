import { expect, it } from 'vitest';

import { decideBudgetPossible, decideLimits, type LimitFacts } from '../../app/budget/decide-limits.ts';
import { estimateWait } from '../../app/budget/estimate-wait.ts';
import { usdToNano as usd } from '../../app/budget/money.ts';
import { budgetScopes, type ScopeState } from '../../app/budget/scopes.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const MIDNIGHT = new Date('2026-11-22T00:00:00Z');
const MONTH_END = new Date('2026-12-01T00:00:00Z');

function facts(given: Partial<LimitFacts> = {}): LimitFacts {
  return { now: NOW, slots: [], scopes: [], neededNano: usd(5), ...given };
}

function day(given: Partial<ScopeState> = {}): ScopeState {
  return {
    scope: 'repository-day:1',
    period: '2026-11-21',
    capNano: usd(50),
    reservedNano: 0,
    spentNano: 0,
    resetsAt: MIDNIGHT,
    ...given,
  };
}

it('starts a task that no limit stops', () => {
  const slots = [{ scope: 'user:7' as const, running: 2, limit: 3 }];
  const scopes = [day({ spentNano: usd(45) }), day({ scope: 'server-day', capNano: null, spentNano: usd(900) })];
  expect(decideLimits(facts({ slots, scopes }))).toEqual({ start: true });
});

it.each([
  ['server' as const, 'limit on running tasks of this server: 3 of 3 running'],
  ['repository:1' as const, 'limit on running tasks of this repository: 3 of 3 running'],
  ['user:7' as const, 'limit on running tasks of one person: 3 of 3 running'],
])('waits for a slot of %s and is looked at again after ten minutes', (scope, note) => {
  expect(decideLimits(facts({ slots: [{ scope, running: 3, limit: 3 }] }))).toEqual({
    start: false,
    reason: 'slot',
    note,
    blockedOn: scope,
    wakeAt: new Date('2026-11-21T12:10:00Z'),
  });
});

it('waits for money until the scope resets, with the numbers', () => {
  expect(decideLimits(facts({ scopes: [day({ spentNano: usd(48.1) })] }))).toEqual({
    start: false,
    reason: 'budget',
    note: 'repository budget of $50.00 a day: $48.10 spent, $0.00 reserved, $1.90 left; this task needs $5.00',
    blockedOn: 'budget:repository-day:1',
    wakeAt: MIDNIGHT,
  });
});

it('names of several full scopes the one that resets last', () => {
  const month = day({ scope: 'repository-month:1', capNano: usd(60), reservedNano: usd(56), resetsAt: MONTH_END });
  const server = day({ scope: 'server-day', capNano: usd(1) });
  expect(decideLimits(facts({ scopes: [day({ spentNano: usd(46) }), month, server] }))).toMatchObject({
    blockedOn: 'budget:repository-month:1',
    note: 'repository budget of $60.00 a month: $0.00 spent, $56.00 reserved, $4.00 left; this task needs $5.00',
    wakeAt: MONTH_END,
  });
});

it.each([
  [usd(5), true],
  [usd(5) + 1, false],
])('fits to the nano-USD: %d is %s', (neededNano, start) => {
  expect(decideLimits(facts({ neededNano, scopes: [day({ reservedNano: usd(45) })] })).start).toBe(start);
});

it('refuses a budget that can never be met, with the lowest cap', () => {
  const limits = { timeZone: 'UTC', serverDayNano: usd(200), repositoryDayNano: usd(50), repositoryMonthNano: null };
  expect(decideBudgetPossible(usd(50), limits)).toEqual({ possible: true });
  expect(decideBudgetPossible(usd(51), limits)).toEqual({
    possible: false,
    note: 'the repository budget is $50.00 a day',
    mostNano: usd(50),
  });
  const none = { ...limits, serverDayNano: null, repositoryDayNano: null };
  expect(decideBudgetPossible(usd(9_000), none)).toEqual({ possible: true });
});

it('names the scopes of a repository in the order in which they are stored', () => {
  const limits = { timeZone: 'UTC', serverDayNano: 3, repositoryDayNano: 1, repositoryMonthNano: 2 };
  expect(budgetScopes({ repositoryId: 17, now: NOW, limits })).toEqual([
    { scope: 'repository-day:17', period: '2026-11-21', capNano: 1, resetsAt: MIDNIGHT },
    { scope: 'repository-month:17', period: '2026-11', capNano: 2, resetsAt: MONTH_END },
    { scope: 'server-day', period: '2026-11-21', capNano: 3, resetsAt: MIDNIGHT },
  ]);
});

it('guesses how long a task waits from what ended before it', () => {
  expect(estimateWait({ position: 1, running: 2, durationsMs: [] })).toBeNull();
  expect(estimateWait({ position: 3, running: 2, durationsMs: [60_000, 120_000] })).toBe(135_000);
  expect(estimateWait({ position: 1, running: 0, durationsMs: [60_000] })).toBe(60_000);
});
