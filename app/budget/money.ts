import type { NanoUsd } from '../task/task.ts';

const NANO_PER_USD = 1_000_000_000n;
const NANO_PER_CENT = 10_000_000;
const DECIMAL = /^\+?\$?(\d{1,9})(?:\.(\d{1,9}))?$/;

/**
 * Reads a decimal amount of USD such as `5`, `0.25` or `$12.50`, exactly. Null for anything else: signs, exponents,
 * separators, more than nine decimals, or more than a JS number can hold in nano-USD.
 */
export function parseUsd(text: string): NanoUsd | null {
  const match = DECIMAL.exec(text.trim());
  if (match === null) {
    return null;
  }
  const whole = BigInt(match[1] ?? '0') * NANO_PER_USD;
  const fraction = BigInt((match[2] ?? '').padEnd(9, '0'));
  const nano = Number(whole + fraction);
  return Number.isSafeInteger(nano) ? nano : null;
}

/** An amount from a configuration file or a default, to the nano-USD. Throws for what is not a sane amount. */
export function usdToNano(usd: number): NanoUsd {
  const nano = Math.round(usd * Number(NANO_PER_USD));
  if (!Number.isSafeInteger(nano) || nano < 0) {
    throw new RangeError(`${usd} is not an amount of USD between 0 and nine million`);
  }
  return nano;
}

/** Rounded down to whole cents, so that what is suggested to people fits. */
export function wholeCents(nano: NanoUsd): NanoUsd {
  return Math.floor(nano / NANO_PER_CENT) * NANO_PER_CENT;
}

/**
 * Without the dollar sign, for people: two decimals; below a cent as many as show two digits, so that a cost is never
 * shown as nothing. `12.50`, `0.0042`.
 */
export function formatUsd(nano: NanoUsd): string {
  if (nano < 0) {
    return `-${formatUsd(-nano)}`;
  }
  if (nano === 0 || nano >= NANO_PER_CENT) {
    const cents = Math.round(nano / NANO_PER_CENT);
    return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
  }
  const digits = String(nano).length;
  const step = 10 ** Math.max(0, digits - 2);
  return exactUsd(Math.round(nano / step) * step);
}

/** Follows an amount of which some may still be added: ` (up to $0.53 unsettled)`; nothing where all is settled. */
export function noteUnsettled({ unsettledNano }: { readonly unsettledNano: NanoUsd }): string {
  return unsettledNano === 0 ? '' : ` (up to $${formatUsd(unsettledNano)} unsettled)`;
}

/** The exact decimal, without needless zeros; for JSON and environment variables. `parseUsd` reads it back. */
export function exactUsd(nano: NanoUsd): string {
  if (nano < 0) {
    return `-${exactUsd(-nano)}`;
  }
  const padded = String(nano).padStart(10, '0');
  const fraction = padded.slice(-9).replace(/0+$/, '');
  const whole = padded.slice(0, -9);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
