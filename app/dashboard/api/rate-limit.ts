import type { Clock } from '../../task/clock.ts';

/** Requests of one caller in a minute, and how many at once. */
const A_MINUTE = 300;
const REMEMBERED = 10_000;

/** Counts requests by caller: a bucket that fills up evenly. Resolves with seconds to wait, or null to go on. */
export function createRateLimit(clock: Clock): (caller: string) => number | null {
  const buckets = new Map<string, { left: number; at: number }>();
  return (caller) => {
    const now = clock.now().getTime();
    const known = buckets.get(caller) ?? { left: A_MINUTE, at: now };
    const left = Math.min(A_MINUTE, known.left + ((now - known.at) / 60_000) * A_MINUTE);
    buckets.delete(caller);
    buckets.set(caller, { left: Math.max(0, left - 1), at: now });
    for (const oldest of buckets.size > REMEMBERED ? buckets.keys() : []) {
      buckets.delete(oldest);
      break;
    }
    return left >= 1 ? null : Math.ceil(((1 - left) / A_MINUTE) * 60);
  };
}
