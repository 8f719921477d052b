import type { GitHub } from '../github/github.ts';
import { fetchWritePermission } from '../github/may-write.ts';
import type { Clock } from '../task/clock.ts';
import type { Incoming } from './incoming.ts';
import { RetryLater } from './retry-later.ts';

const RETRY_MS = 30_000;

export type Authority = 'writer' | 'stranger';

/**
 * What the sender may do, from the collaborator endpoint on the numeric id; `author_association` and names carry no
 * authority. While GitHub does not answer this neither allows nor denies: it throws RetryLater.
 */
export async function authorize(
  incoming: Pick<Incoming, 'repository' | 'sender'>,
  { allowedBots, clock, github }: { allowedBots: readonly number[]; clock: Clock; github: Pick<GitHub, 'fetchRole'> },
): Promise<Authority> {
  const { repository, sender } = incoming;
  const allowed = sender.isBot ? allowedBots : [];
  const permission = await fetchWritePermission({ repository, user: sender, allowedBots: allowed }, github);
  if (permission.ok) {
    return permission.value.mayWrite ? 'writer' : 'stranger';
  }
  const { problem } = permission;
  if (problem.kind === 'not_found') {
    return 'stranger';
  }
  throw new RetryLater(`permission: ${problem.message}`, problem.retryAt ?? new Date(clock.now().getTime() + RETRY_MS));
}
