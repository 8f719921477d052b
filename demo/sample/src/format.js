import { UNITS } from './units.js';

/** Words for a number of milliseconds, to the nearest second: `1h 30m`. */
export function formatDuration(ms) {
  let rest = ms;
  const parts = [];
  for (const [name, size] of UNITS) {
    const isLast = name === 's';
    const amount = isLast ? Math.round(rest / size) : Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) {
      parts.push(`${amount}${name}`);
    }
  }
  return parts.length === 0 ? '0s' : parts.join(' ');
}
