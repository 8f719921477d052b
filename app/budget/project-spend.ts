import type { NanoUsd } from '../task/task.ts';

/** What was spent of a budget since money was first reserved in it. */
export interface SpendFacts {
  /** Settled spend, that of running attempts included. */
  readonly spentNano: NanoUsd;
  readonly capNano: NanoUsd | null;
  /** Null when it is not known or nothing was reserved yet. */
  readonly openedAt: Date | null;
  /** When it opens again; null for the budget of a task. */
  readonly resetsAt: Date | null;
}

export interface Projection {
  readonly nanoPerHour: NanoUsd;
  /** When nothing is left at this rate; null when it resets before, or has no cap. */
  readonly exhaustedAt: Date | null;
}

/** Below this the first request of a period would read as a rate that nobody keeps up. */
const LEAST_MS = 30 * 60_000;
const HOUR_MS = 3_600_000;

/** How fast a budget is spent, as an even line through what is kept of it, and when that line meets the cap. */
export function projectSpend(facts: SpendFacts, now: Date): Projection | null {
  const { capNano, openedAt, resetsAt, spentNano } = facts;
  if (openedAt === null || spentNano <= 0) {
    return null;
  }
  const elapsedMs = Math.max(LEAST_MS, now.getTime() - openedAt.getTime());
  const nanoPerHour = Math.round((spentNano * HOUR_MS) / elapsedMs);
  if (capNano === null) {
    return { nanoPerHour, exhaustedAt: null };
  }
  const leftMs = (Math.max(0, capNano - spentNano) / spentNano) * elapsedMs;
  const atMs = now.getTime() + leftMs;
  return { nanoPerHour, exhaustedAt: atMs < (resetsAt?.getTime() ?? MOST_MS) ? new Date(atMs) : null };
}

/** The last time that a Date can hold. */
const MOST_MS = 8.64e15;
