import type { Task } from '../task/task.ts';

export type LostDecision =
  | { readonly do: 'retry'; readonly wakeAt: Date; readonly lostAttempts: number }
  | { readonly do: 'give_up'; readonly lostAttempts: number };

/**
 * What follows when an attempt is lost. Counted before it runs again, so that a task which takes its worker (or Bosun)
 * down with it is parked with its evidence instead of starving the rest. `jitter` is 0 to 1.
 */
export function decideLost(
  task: Pick<Task, 'lostAttempts'>,
  options: { now: Date; maxLostAttempts: number; jitter: number },
): LostDecision {
  const lostAttempts = task.lostAttempts + 1;
  if (lostAttempts >= options.maxLostAttempts) {
    return { do: 'give_up', lostAttempts };
  }
  const backoffMs = backoff(lostAttempts, { firstMs: 5_000, maxMs: 5 * 60_000, jitter: options.jitter });
  return { do: 'retry', wakeAt: new Date(options.now.getTime() + backoffMs), lostAttempts };
}

/** Exponential by factor four, between half and all of it by chance, so that many do not come back at once. */
export function backoff(tries: number, options: { firstMs: number; maxMs: number; jitter: number }): number {
  const full = Math.min(options.maxMs, options.firstMs * 4 ** (tries - 1));
  return Math.round(full * (0.5 + options.jitter / 2));
}
