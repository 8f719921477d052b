import type { GitHub, Role } from '../github/github.ts';
import type { Clock } from '../task/clock.ts';
import type { Incoming } from './incoming.ts';
import { RetryLater } from './retry-later.ts';

const RETRY_MS = 30_000;
const MAY_WRITE: readonly Role[] = ['admin', 'maintain', 'write'];

export type Authority = 'writer' | 'stranger';

/**
 * What the sender may do, from the collaborator endpoint on the numeric id; `author_association` and names carry no
 * authority. While GitHub does not answer this neither allows nor denies: it throws RetryLater.
 */
export async function authorize(
  incoming: Pick<Incoming, 'repository' | 'sender'>,
  github: Pick<GitHub, 'fetchRole'>,
  clock: Clock,
): Promise<Authority> {
  const role = await github.fetchRole(incoming.repository, incoming.sender);
  if (role.ok) {
    return MAY_WRITE.includes(role.value) ? 'writer' : 'stranger';
  }
  const { problem } = role;
  if (problem.kind === 'not_found') {
    return 'stranger';
  }
  throw new RetryLater(`permission: ${problem.message}`, problem.retryAt ?? new Date(clock.now().getTime() + RETRY_MS));
}
