import type { GitHub, GitHubResult } from '../../github/github.ts';

const LATE: GitHubResult<never> = {
  ok: false,
  problem: {
    kind: 'limited',
    status: null,
    message: 'The lease ended before this was sent; the new lease owner sends it.',
    retryAt: null,
  },
};

/**
 * GitHub for a reporter that has leased what it writes about. A write is not sent once the lease may have expired,
 * however long the process was suspended before it: another reporter writes it by then, and would be overwritten or
 * repeated.
 */
export function guardWrites(github: GitHub, holds: () => boolean): GitHub {
  function guard<Given extends unknown[], T>(
    write: (...given: Given) => Promise<GitHubResult<T>>,
  ): (...given: Given) => Promise<GitHubResult<T>> {
    return async (...given) => (holds() ? write(...given) : LATE);
  }
  return {
    ...github,
    createComment: guard(github.createComment),
    updateComment: guard(github.updateComment),
    minimizeComment: guard(github.minimizeComment),
    addReaction: guard(github.addReaction),
    createCheckRun: guard(github.createCheckRun),
    updateCheckRun: guard(github.updateCheckRun),
    addLabels: guard(github.addLabels),
    createReview: guard(github.createReview),
    replyToThread: guard(github.replyToThread),
    resolveThread: guard(github.resolveThread),
  };
}
