import type { GitHubProblem, GitHubResult, PullFacts } from '../github/github.ts';
import type { GitHubFacts } from '../task/outcome.ts';
import type { Task } from '../task/task.ts';
import { isLagPossible } from '../task/is-lag-possible.ts';
import { waitForGitHub } from './wait-for-github.ts';
import type { PublisherOptions } from './publisher-options.ts';

export type FactsFetched =
  | { readonly kind: 'facts'; readonly facts: GitHubFacts }
  | { readonly kind: 'wait'; readonly note: string; readonly retryAt: Date | null };

const ABSENT: readonly GitHubProblem['kind'][] = ['not_found', 'gone', 'forbidden', 'unauthorized', 'invalid'];

/**
 * What GitHub holds of a task right now. What we may not see counts as not there; what we cannot reach, and what we wrote
 * a moment ago and do not see yet, is waited for.
 */
export async function fetchGitHubFacts(
  task: Task,
  options: Pick<PublisherOptions, 'clock' | 'github'>,
): Promise<FactsFetched> {
  const github = options.github(task.installationId);
  const number = task.publication.pullNumber;
  const [branch, pull] = await Promise.all([
    github.fetchBranchSha(task.repository, task.branch),
    number === null
      ? github.findPullByHead(task.repository, task.branch)
      : (github.fetchPull(task.repository, number) as Promise<GitHubResult<PullFacts | null>>),
  ]);
  for (const result of [branch, pull]) {
    if (!result.ok && !ABSENT.includes(result.problem.kind)) {
      return { kind: 'wait', note: `GitHub: ${result.problem.message}`, retryAt: result.problem.retryAt };
    }
  }
  const found = pull.ok ? pull.value : null;
  const mayLag = isLagPossible(task, options.clock);
  if (mayLag && number !== null && found === null) {
    return waitForGitHub(`pull request #${number}`);
  }
  if (mayLag && task.publication.headSha !== null && !branch.ok && (found === null || found.state === 'open')) {
    return waitForGitHub(`the branch ${task.branch}`);
  }
  return {
    kind: 'facts',
    facts: {
      branchSha: branch.ok ? branch.value : null,
      pull: found === null ? null : { number: found.number, url: found.url, draft: found.draft, state: found.state },
    },
  };
}
