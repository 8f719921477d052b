import type { EventKind } from '../task/events.ts';
import type { PublisherOptions } from './publisher-options.ts';

/** So long after a write of ours GitHub's reads may not show it yet; usually it takes seconds. */
const LAG_MS = 2 * 60_000;

/**
 * Whether what GitHub denies is something Bosun wrote a moment ago, by the event that recorded the write. Then the denial
 * says nothing yet, and the same question is asked again later.
 */
export async function isLagPossible(
  at: { readonly taskId: string; readonly wrote: EventKind },
  { clock, tasks }: Pick<PublisherOptions, 'clock' | 'tasks'>,
): Promise<boolean> {
  const written = (await tasks.events(at.taskId)).findLast((event) => event.kind === at.wrote);
  return written !== undefined && clock.now().getTime() - written.at.getTime() < LAG_MS;
}

/** How publishing ends for now, when lag is the likely reason. */
export function waitForGitHub(what: string): { kind: 'wait'; note: string; retryAt: null } {
  return { kind: 'wait', note: `GitHub does not show ${what} yet`, retryAt: null };
}
