import { median } from './quantile.ts';

/** `1,234 (1,100–1,300)`: the median and, in brackets, the lowest and the highest of all runs. */
export function showSpread(numbers: readonly number[], digits = 0): string {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return `${showNumber(median(numbers), digits)} (${showNumber(low, digits)}–${showNumber(high, digits)})`;
}

export function showNumber(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
