import type { Clock } from '../task/clock.ts';
import type { Task } from '../task/task.ts';

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

/** How publishing ends for now, when lag is the likely reason. */
export function waitForGitHub(what: string): { kind: 'wait'; note: string; retryAt: null } {
  return { kind: 'wait', note: `GitHub does not show ${what} yet`, retryAt: null };
}
