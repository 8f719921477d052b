import type { Withheld } from '../../task/outcome.ts';
import type { GateFacts, GatePolicy } from './gate-facts.ts';

/** `NOT_ON_BASE` and `COMMITS_TOO_MANY`: the work is a short line of commits on the commit that was handed out. */
export function checkLine(
  facts: Pick<GateFacts, 'isOnBase' | 'commits' | 'baseSha'>,
  policy: Pick<GatePolicy, 'maxCommits'>,
): Withheld[] {
  if (!facts.isOnBase) {
    const message = `The work is not based on ${facts.baseSha.slice(0, 12)}, the commit it was started from. Start over with \`/retry --from-scratch\`.`;
    return [{ code: 'NOT_ON_BASE', path: null, message }];
  }
  if (facts.commits > policy.maxCommits) {
    const message = `The work has ${facts.commits} commits; up to ${policy.maxCommits} are published. Split the issue.`;
    return [{ code: 'COMMITS_TOO_MANY', path: null, message }];
  }
  return [];
}
