import { assert as check, integer, property } from 'fast-check';
import { expect, it } from 'vitest';

import { exactUsd, formatUsd, parseUsd, usdToNano } from '../../app/budget/money.ts';

it.each([
  ['5', 5_000_000_000],
  ['+5', 5_000_000_000],
  ['$12.50', 12_500_000_000],
  [' 0.25 ', 250_000_000],
  ['0.000000001', 1],
  ['0', 0],
  ['9000000', 9_000_000_000_000_000],
])('reads %j as %d nano-USD', (text, nano) => {
  expect(parseUsd(text)).toBe(nano);
});

it.each(['', '-1', '1e3', '1,5', '1.', '.5', '5 USD', '0x10', 'NaN', '1.0000000001', '99999999', '$', '٣'])(
  'does not read %j',
  (text) => {
    expect(parseUsd(text)).toBeNull();
  },
);

it.each([
  [0, '0.00'],
  [5_000_000_000, '5.00'],
  [48_104_999_999, '48.10'],
  [48_105_000_000, '48.11'],
  [10_000_000, '0.01'],
  [9_999_999, '0.01'],
  [4_249_000, '0.0042'],
  [1, '0.000000001'],
  [-2_500_000_000, '-2.50'],
  [1_234_567_890_000_000, '1234567.89'],
])('shows %d nano-USD to people as %s', (nano, text) => {
  expect(formatUsd(nano)).toBe(text);
});

it('writes every amount exactly and reads it back', () => {
  check(
    property(integer({ min: 0, max: 9_000_000_000_000_000 }), (nano) => {
      expect(parseUsd(exactUsd(nano))).toBe(nano);
    }),
  );
});

it('never shows a cost as nothing', () => {
  check(
    property(integer({ min: 1, max: 20_000_000 }), (nano) => {
      expect(Number(formatUsd(nano))).toBeGreaterThan(0);
    }),
  );
});

it('takes amounts from configuration to the nano-USD, and nothing that is not one', () => {
  expect(usdToNano(0.1)).toBe(100_000_000);
  expect(usdToNano(4.35)).toBe(4_350_000_000);
  expect(() => usdToNano(-1)).toThrow(RangeError);
  expect(() => usdToNano(Number.NaN)).toThrow(RangeError);
  expect(() => usdToNano(1e9)).toThrow(RangeError);
});
