import type { Clock } from '../task/clock.ts';

/** The real clock and the real chance; everything below takes them as values. */
export const systemClock: Clock = { now: () => new Date() };
