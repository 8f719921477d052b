import type { CommitWriter, GitHubProblem } from '../../github/github.ts';

/** The same answers as a push has. */
export type BranchMoved =
  | { readonly kind: 'pushed' }
  | { readonly kind: 'moved' }
  | { readonly kind: 'blocked'; readonly by: null; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string }
  /** GitHub does not have the commit any more: nothing referred to it for too long. */
  | { readonly kind: 'unknown_commit' }
  | { readonly kind: 'problem'; readonly problem: GitHubProblem };

/** GitHub's words when somebody else was faster. */
const OVERTAKEN = /already exists|not a fast forward|does not exist.*reference|reference does not exist/i;
const UNKNOWN_COMMIT = /object does not exist/i;
const RULES = /rule violations|protected branch|verified signature|not allowed/i;

/** Points the branch at the signed commit, never by force. */
export async function moveBranch(
  writer: Pick<CommitWriter, 'setBranch'>,
  to: { branch: string; sha: string; exists: boolean },
): Promise<BranchMoved> {
  const set = await writer.setBranch(to);
  if (set.ok) {
    return { kind: 'pushed' };
  }
  const { kind, message } = set.problem;
  if (kind !== 'invalid') {
    return { kind: 'problem', problem: set.problem };
  }
  if (UNKNOWN_COMMIT.test(message)) {
    return { kind: 'unknown_commit' };
  }
  if (OVERTAKEN.test(message)) {
    return { kind: 'moved' };
  }
  // Anything else may be a branch whose name excludes this one, which the caller looks for.
  return RULES.test(message) ? { kind: 'rejected', reason: message } : { kind: 'blocked', by: null, reason: message };
}
