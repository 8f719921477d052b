import type { Task } from './task.ts';

/** A retry of a retry of a retry: longer rows are not followed. */
const MOST_RETRIES = 20;

/** The task itself, or the newest of those that it retries, that `matches`; null when none of them does. */
export async function findInRetries(
  task: Task | null,
  { find, matches }: { readonly find: (id: string) => Promise<Task | null>; readonly matches: (task: Task) => boolean },
): Promise<Task | null> {
  let current = task;
  for (let step = 0; current !== null && step < MOST_RETRIES; step += 1) {
    if (matches(current)) {
      return current;
    }
    current = current.retryOf === null ? null : await find(current.retryOf);
  }
  return null;
}
