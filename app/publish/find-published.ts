import type { GitHubProblem, GitHubResult, PullFacts } from '../github/github.ts';
import { ShownPull, ShownTask } from '../task/shown-facts.ts';
import type { NanoUsd, Task } from '../task/task.ts';
import { hasMarker, readFacts } from '../text/marker.ts';
import type { PublisherOptions } from './publisher-options.ts';
import { isOwnPull } from './pull/is-own-pull.ts';

/** What GitHub tells of a task whose rows may be older than what happened. */
export interface PublishedBefore {
  readonly pull:
    | (Pick<PullFacts, 'number' | 'url' | 'headSha' | 'state'> & {
        /** Also where its hidden facts are missing: then a person decides. */
        readonly unfinished: boolean;
      })
    | null;
  /** What it has cost by the hidden facts of its status comment; null without those. */
  readonly spentNano: NanoUsd | null;
}

export type FoundPublished =
  | { readonly kind: 'found'; readonly published: PublishedBefore }
  | { readonly kind: 'wait'; readonly note: string; readonly retryAt: Date | null };

/**
 * Looks for the pull request of the task's branch and for its status comment, both known by who wrote them and by the
 * keyed marker in them. What we may not see counts as not there.
 */
export async function findPublished(task: Task, options: PublisherOptions): Promise<FoundPublished> {
  const github = options.github(task.installationId);
  const marker = { name: task.id, key: await options.markerKey() };
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
    ? comments.value.find((one) => (appId === null || one.appId === appId) && hasMarker(one.body, marker))
    : undefined;
  const found = pull.ok && pull.value !== null && (await isOwnPull(pull.value, task, options)) ? pull.value : null;
  return {
    kind: 'found',
    published: {
      pull:
        found === null
          ? null
          : { ...found, unfinished: ShownPull.safeParse(readFacts(found.body, marker)).data?.unfinished ?? true },
      spentNano: ShownTask.safeParse(readFacts(comment?.body ?? '', marker)).data?.spentNano ?? null,
    },
  };
}

function awayOf(result: GitHubResult<unknown>): GitHubProblem | null {
  return !result.ok && ['unavailable', 'limited', 'conflict'].includes(result.problem.kind) ? result.problem : null;
}
