import { assert as check, integer, property } from 'fast-check';
import { expect, it } from 'vitest';

import { usdToNano as usd } from '../../app/budget/money.ts';
import { projectSpend } from '../../app/budget/project-spend.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const RESET = new Date('2026-11-22T00:00:00Z');

it.each([
  ['half in two hours', { spent: 10, cap: 20, opened: '10:00' }, 5, '14:00'],
  ['too slow to be used up before it resets', { spent: 1, cap: 20, opened: '10:00' }, 0.5, null],
  ['used up already', { spent: 20, cap: 20, opened: '10:00' }, 10, '12:00'],
  ['over a cap that was lowered', { spent: 30, cap: 20, opened: '09:00' }, 10, '12:00'],
  ['the first request, as if it had taken half an hour', { spent: 1, cap: 20, opened: '11:59' }, 2, '21:30'],
  ['no cap', { spent: 8, cap: null, opened: '08:00' }, 2, null],
])('%s', (_case, { cap, opened, spent }, perHour, until) => {
  const facts = {
    spentNano: usd(spent),
    capNano: cap === null ? null : usd(cap),
    openedAt: new Date(`2026-11-21T${opened}:00Z`),
    resetsAt: RESET,
  };
  expect(projectSpend(facts, NOW)).toEqual({
    nanoPerHour: usd(perHour),
    exhaustedAt: until === null ? null : new Date(`2026-11-21T${until}:00Z`),
  });
});

it('reports nothing for a budget of which nothing is spent, or whose start is unknown', () => {
  const facts = { capNano: usd(20), resetsAt: RESET };
  expect(projectSpend({ ...facts, spentNano: 0, openedAt: NOW }, NOW)).toBeNull();
  expect(projectSpend({ ...facts, spentNano: usd(1), openedAt: null }, NOW)).toBeNull();
});

it('never names a time in the past, or after the reset', () => {
  const amounts = integer({ min: 1, max: 1e15 });
  const hours = integer({ min: 0, max: 400 });
  check(
    property(amounts, amounts, hours, (spentNano, capNano, since) => {
      const openedAt = new Date(NOW.getTime() - since * 3_600_000);
      const projection = projectSpend({ spentNano, capNano, openedAt, resetsAt: RESET }, NOW);
      const at = projection?.exhaustedAt ?? NOW;
      expect(at >= NOW && at < RESET).toBe(true);
      expect(Number.isSafeInteger(projection?.nanoPerHour)).toBe(true);
    }),
  );
});
