import { parseUsd } from '../budget/money.ts';
import type { GitHubProblem, GitHubResult, PullFacts } from '../github/github.ts';
import type { NanoUsd, Task } from '../task/task.ts';
import type { PublisherOptions } from './publisher-options.ts';
import { isOurs } from './pull/is-ours.ts';
import { isUnfinished } from './pull/render-pull.ts';

/** What GitHub tells of a task whose rows may be older than what happened. */
export interface PublishedBefore {
  readonly pull: (Pick<PullFacts, 'number' | 'url' | 'headSha' | 'state'> & { readonly unfinished: boolean }) | null;
  /** What its status comment says it has cost; null without one. */
  readonly spentNano: NanoUsd | null;
}

export type FoundPublished =
  | { readonly kind: 'found'; readonly published: PublishedBefore }
  | { readonly kind: 'wait'; readonly note: string; readonly retryAt: Date | null };

/** The amount in front of the budget, as the status comment shows it. */
const SPENT = /^\*\*\$([\d.]+)\*\* of \$/m;

/**
 * Looks for the pull request of the task's branch and for its status comment, both known by who wrote them and by the
 * keyed marker in them. What we may not see counts as not there.
 */
export async function findPublished(task: Task, options: PublisherOptions): Promise<FoundPublished> {
  const github = options.github(task.installationId);
  const marker = await options.marker(task.id);
  const [pull, comments] = await Promise.all([
    github.findPullByHead(task.repository, task.branch),
    github.fetchComments(task.repository, task.thread.number),
  ]);
  const away = [pull, comments].map(awayOf).find((problem) => problem !== null);
  if (away !== undefined) {
    return { kind: 'wait', note: `GitHub: ${away.message}`, retryAt: away.retryAt };
  }
  const { appId } = options.identity;
  const comment = comments.ok
    ? comments.value.find((one) => (appId === null || one.appId === appId) && one.body.includes(marker))
    : undefined;
  const found = pull.ok && pull.value !== null && (await isOurs(pull.value, task, options)) ? pull.value : null;
  return {
    kind: 'found',
    published: {
      pull: found === null ? null : { ...found, unfinished: isUnfinished(found.body) },
      spentNano: parseUsd(SPENT.exec(comment?.body ?? '')?.[1] ?? ''),
    },
  };
}

function awayOf(result: GitHubResult<unknown>): GitHubProblem | null {
  return !result.ok && ['unavailable', 'limited', 'conflict'].includes(result.problem.kind) ? result.problem : null;
}
