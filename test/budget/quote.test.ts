import { describe, expect, test } from 'vitest';
import { describeQuote } from '../../app/budget/describe-quote.ts';
import { decideQuote, shareUnder, type CostHistory } from '../../app/budget/quote.ts';

const USD = 1_000_000_000;
const NOTHING: CostHistory = { same: [], repository: [], server: [], calibration: { quoted: 0, under: 0 } };

function usd(...amounts: number[]): number[] {
  return amounts.map((amount) => amount * USD);
}

describe('a quote', () => {
  test.each<[string, Partial<CostHistory>, object | null]>([
    ['needs five tasks', { same: usd(1, 1, 1, 1) }, null],
    ['is drawn from the same kind first', { same: usd(3, 1, 2, 5, 4), server: usd(9, 9, 9, 9, 9) }, { basis: 'same' }],
    [
      'then from the repository',
      { same: usd(1), repository: usd(2, 2, 2, 2, 2), server: usd(9, 9, 9, 9, 9) },
      { basis: 'repository', p50Nano: 2 * USD },
    ],
    ['then from the server', { server: usd(9, 9, 9, 9, 9) }, { basis: 'server', p90Nano: 9 * USD }],
    [
      'is the middle and the ninth of ten',
      { same: usd(10, 9, 8, 7, 6, 5, 4, 3, 2, 1) },
      { p50Nano: 5e9, p90Nano: 9e9 },
    ],
    ['counts its tasks', { same: usd(3, 1, 2, 5, 4) }, { tasks: 5, p50Nano: 3e9, p90Nano: 5e9 }],
  ])('%s', (_name, history, expected) => {
    const quote = decideQuote({ ...NOTHING, ...history });
    if (expected === null) {
      expect(quote).toBeNull();
    } else {
      expect(quote).toMatchObject(expected);
    }
  });

  test.each([
    ['9 of 10 costs were under it', { quoted: 10, under: 9 }, 1],
    ['8 of 10 were', { quoted: 10, under: 8 }, 1],
    ['only 4 of 10 were', { quoted: 10, under: 4 }, 2],
    ['none was', { quoted: 20, under: 0 }, 3],
    ['too few were quoted to tell', { quoted: 9, under: 0 }, 1],
  ])('is as wide as it has to be where %s', (_name, calibration, factor) => {
    const quote = decideQuote({ ...NOTHING, same: usd(1, 1, 1, 1, 1), calibration });
    expect(quote?.p90Nano).toBe(factor * USD);
    expect(quote?.widened).toBe(factor > 1 ? true : undefined);
    expect(quote?.p50Nano).toBe(USD);
  });

  test('is said in one sentence with the ceiling', () => {
    const quote = { p50Nano: 4e8, p90Nano: 9e9, tasks: 12, basis: 'same' } as const;
    expect(describeQuote(quote, 5 * USD)).toBe(
      'Usually $0.40, up to $5.00 in 9 of 10 cases (12 tasks of this type, size and tier in this repository); at most $5.00.',
    );
    expect(describeQuote(null, 5 * USD)).toBe('No history yet; at most $5.00.');
    expect(describeQuote({ ...quote, widened: true }, 5 * USD)).toContain('It was widened');
  });
});

test('calibration is the share of costs under the upper value, from ten on', () => {
  expect(shareUnder({ quoted: 9, under: 9 })).toBeNull();
  expect(shareUnder({ quoted: 20, under: 17 })).toBe(0.85);
});
