import type { Clock } from './clock.ts';
import type { Task } from './task.ts';

/** So long after a write of ours GitHub's reads may not show it yet; usually it takes seconds. */
const LAG_MS = 2 * 60_000;

/**
 * Whether what GitHub denies is something Bosun wrote a moment ago. Then the denial says nothing yet, and the same
 * question is asked again later.
 */
export function isLagPossible({ publication }: Pick<Task, 'publication'>, clock: Clock): boolean {
  const { writtenAt } = publication;
  return typeof writtenAt === 'string' && clock.now().getTime() - Date.parse(writtenAt) < LAG_MS;
}
