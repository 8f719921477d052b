import type { Blame, Failure } from '../../task/failure.ts';
import type { Actor } from '../../task/task.ts';
import { fence } from './escape-text.ts';

/** Everything a person needs after a failure: what happened, what was saved, what to do, and who has to. */
export function renderFailure(failure: Failure, about: { kept: string; requester: Actor }): string {
  const parts = [`**What was kept:** ${about.kept}`, `**Next:** ${failure.remedy}`, `**Who:** ${WHO[failure.blame]}`];
  if (failure.detail) {
    parts.splice(0, 0, fence(failure.detail));
  }
  return parts.join('\n\n');
}

const WHO: Record<Blame, string> = {
  user: 'anyone with write access to this repository',
  operator: 'the operator of this Bosun server',
  transient: 'nobody; the cause is usually temporary',
};
