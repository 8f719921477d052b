import { UNITS } from './units.js';

const SIZES = new Map(UNITS);
const PART = /(\d+(?:\.\d+)?)\s*([dhms])/g;

/** Milliseconds in a text such as `1h 30m`. Throws a RangeError when it is not a duration. */
export function parseDuration(text) {
  const rest = text.replaceAll(PART, '').trim();
  const parts = [...text.matchAll(PART)];
  if (rest !== '' || parts.length === 0) {
    throw new RangeError(`Expected a duration such as "1h 30m", found "${text}".`);
  }
  return parts.reduce((total, [, amount, unit]) => total + Number(amount) * SIZES.get(unit), 0);
}
