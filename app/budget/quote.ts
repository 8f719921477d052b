import type { NanoUsd } from '../task/task.ts';
import type { Quote } from '../task/quote.ts';

/** As many tasks have to have ended before anything is said about the next one. */
const LEAST_TASKS = 5;
/** Calibration means nothing below this. */
const LEAST_QUOTED = 10;
const WANTED_SHARE = 0.8;
const MOST_WIDENING = 3;

/** What tasks like this one cost, newest first and bounded, and how good earlier quotes were. */
export interface CostHistory {
  /** The same repository, type, size and tier. */
  readonly same: readonly NanoUsd[];
  /** The same repository and type. */
  readonly repository: readonly NanoUsd[];
  /** The same type on this server. */
  readonly server: readonly NanoUsd[];
  readonly calibration: Calibration;
}

/** Of the tasks of a repository that were quoted from history: how many, and how many cost no more than their p90. */
export interface Calibration {
  readonly quoted: number;
  readonly under: number;
}

/**
 * What a task will cost, as far as the past tells: from the narrowest set of tasks that has five. Quotes of a repository in
 * which fewer than 80 % of the actual costs were under their p90 are widened by as much as they were wrong.
 */
export function decideQuote(history: CostHistory): Quote | null {
  const bases = ['same', 'repository', 'server'] as const;
  const basis = bases.find((one) => history[one].length >= LEAST_TASKS);
  if (basis === undefined) {
    return null;
  }
  const costs = [...history[basis]].sort((a, b) => a - b);
  const widening = decideWidening(history.calibration);
  return {
    p50Nano: percentile(costs, 50),
    p90Nano: Math.ceil(percentile(costs, 90) * widening),
    tasks: costs.length,
    basis,
    ...(widening > 1 ? { widened: true as const } : {}),
  };
}

/** The share of quoted tasks that cost no more than their p90; null while too few were quoted to tell. */
export function shareUnder({ quoted, under }: Calibration): number | null {
  return quoted < LEAST_QUOTED ? null : under / quoted;
}

function decideWidening(calibration: Calibration): number {
  const share = shareUnder(calibration);
  return share === null || share >= WANTED_SHARE ? 1 : Math.min(MOST_WIDENING, WANTED_SHARE / Math.max(share, 0.01));
}

/** The smallest of the sorted values that at least so many percent of them do not exceed. */
function percentile(sorted: readonly NanoUsd[], percent: number): NanoUsd {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}
