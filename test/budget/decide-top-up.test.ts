import { expect, it } from 'vitest';

import { decideTopUp, suggestTopUp } from '../../app/budget/decide-top-up.ts';
import { usdToNano as usd } from '../../app/budget/money.ts';
import type { BudgetLimits } from '../../app/budget/scopes.ts';

const OPEN: BudgetLimits = {
  timeZone: 'UTC',
  serverDayNano: null,
  repositoryDayNano: null,
  repositoryMonthNano: null,
};

function facts(given: { budget?: number; spent?: number; taskCap?: number; day?: number } = {}) {
  const { budget = 5, day, spent = 5, taskCap } = given;
  return {
    budgetNano: usd(budget),
    spentNano: usd(spent),
    taskCapNano: taskCap === undefined ? null : usd(taskCap),
    limits: { ...OPEN, repositoryDayNano: day === undefined ? null : usd(day) },
  };
}

function scope(room: number) {
  const period = { scope: 'server-day' as const, period: '2026-11-21', resetsAt: new Date(0) };
  return { ...period, capNano: usd(20), spentNano: usd(20 - room), reservedNano: 0 };
}

it.each([
  ['five dollars where nothing stands in the way', facts(), null, 5],
  ['what the cap of a task leaves', facts({ taskCap: 8 }), null, 3],
  ['what the cap of a day leaves beside money that is not spent yet', facts({ spent: 3, day: 6 }), null, 4],
  ['the tighter of two', facts({ taskCap: 9, day: 2 }), null, 2],
  ['whole cents, rounded down', facts({ taskCap: 6.999 }), null, 1.99],
  ['what the scopes have left, for a running task', facts(), [scope(9), scope(1.5)], 1.5],
  ['nothing where not even a cent fits', facts({ taskCap: 5.004 }), null, null],
  ['nothing where the cap was lowered below the budget', facts({ taskCap: 4 }), null, null],
])('suggests %s', (_case, given, running, usdSuggested) => {
  expect(suggestTopUp(given, running)).toBe(usdSuggested === null ? null : usd(usdSuggested));
});

it('names what stands in the way of more', () => {
  expect(decideTopUp(facts())).toEqual({ mostNano: Number.POSITIVE_INFINITY, note: null });
  expect(decideTopUp(facts({ taskCap: 8, day: 50 })).note).toContain('one task');
  expect(decideTopUp(facts({ taskCap: 80, day: 6 })).note).toContain('repository budget');
});
