import { failure, type Failure } from '../../task/failure.ts';
import { flatBranchName } from '../../task/branch-name.ts';
import { findInRetries } from '../../task/find-in-retries.ts';
import { isLagPossible } from '../../task/is-lag-possible.ts';
import type { Publication, Task } from '../../task/task.ts';
import type { BranchObstacle, PullFacts } from '../../github/github.ts';
import type { PublisherOptions } from '../publisher-options.ts';
import { endingOf, type Publishing } from '../publishing.ts';
import { isOwnPull } from '../pull/is-own-pull.ts';

/** Where the work of a task will go, decided before any money is spent. */
export type BranchSettled =
  | {
      readonly kind: 'settled';
      readonly branch: string;
      /** What is there already, when the task continues a branch of an earlier task. */
      readonly publication: Continued | null;
      /** Said to people when the branch is not the one the task was admitted with. */
      readonly note: string | null;
      /** `merged`: what the earlier task published is in the base branch by now, so the work starts there again. */
      readonly earlier: 'usable' | 'merged';
    }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'wait'; readonly note: string; readonly retryAt: Date | null };

/** The part of a publication that a retry takes over. */
type Continued = Pick<Publication, 'headSha' | 'pullNumber' | 'pullUrl'>;

/**
 * Decides the branch of a task: a retry continues on the branch and the pull request of the task it repeats, and a new
 * branch must have a name that git can create in this repository. Changes nothing at GitHub.
 */
export async function settleBranch(task: Task, options: PublisherOptions): Promise<BranchSettled> {
  if (task.publication.headSha !== null) {
    return followBranch(task, options);
  }
  const previous = await findPublishedBefore(task, options);
  if (previous === null) {
    return findFreeName(task, options, 'usable');
  }
  const found = await findContinuation(previous, options);
  switch (found.kind) {
    case 'wait':
    case 'failed':
      return found;
    case 'merged':
      return findFreeName(task, options, 'merged');
    case 'gone':
      return findFreeName(task, options, 'usable');
    case 'continue': {
      const { pullNumber } = found.publication;
      const what = pullNumber === null ? `branch ${previous.branch}` : `pull request #${pullNumber}`;
      return {
        kind: 'settled',
        branch: previous.branch,
        publication: found.publication,
        note: `Continues ${what} of task ${previous.id}.`,
        earlier: 'usable',
      };
    }
  }
}

/** Somebody may have pushed to the branch since Bosun did: then the work continues from their commit. */
async function followBranch(task: Task, options: PublisherOptions): Promise<BranchSettled> {
  const { branch, publication } = task;
  const held = await options.github(task.installationId).fetchBranchSha(task.repository, branch);
  if (!held.ok && held.problem.kind !== 'not_found') {
    return settledBy(endingOf(held.problem, 'REPOSITORY_GONE'));
  }
  const headSha = held.ok ? newestHead(task, held.value, options) : publication.headSha;
  const { pullNumber, pullUrl } = publication;
  return headSha === publication.headSha
    ? { kind: 'settled', branch, publication: null, note: null, earlier: 'usable' }
    : {
        kind: 'settled',
        branch,
        publication: { headSha, pullNumber, pullUrl },
        note: `Continues from ${headSha?.slice(0, 12)}, which was pushed to ${branch} in the meantime.`,
        earlier: 'usable',
      };
}

/** The commit to continue from: what GitHub shows, unless it may not show yet what Bosun pushed a moment ago. */
function newestHead(
  task: Pick<Task, 'publication'>,
  shown: string,
  { clock }: Pick<PublisherOptions, 'clock'>,
): string | null {
  return isLagPossible(task, clock) ? task.publication.headSha : shown;
}

/** The latest task of the row of retries that pushed something. */
async function findPublishedBefore(task: Task, { tasks }: Pick<PublisherOptions, 'tasks'>): Promise<Task | null> {
  const previous = task.retryOf === null ? null : await tasks.find(task.retryOf);
  return findInRetries(previous, { find: tasks.find, matches: ({ publication }) => publication.headSha !== null });
}

type Continuation =
  | { readonly kind: 'continue'; readonly publication: Continued }
  /** The branch is deleted, or its pull request was closed by a person: that answer stands. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'merged' }
  | Extract<BranchSettled, { kind: 'failed' | 'wait' }>;

async function findContinuation(previous: Task, options: PublisherOptions): Promise<Continuation> {
  const github = options.github(previous.installationId);
  const { branch, publication, repository } = previous;
  const [held, pull] = await Promise.all([
    github.fetchBranchSha(repository, branch),
    publication.pullNumber === null
      ? github.findPullByHead(repository, branch)
      : github.fetchPull(repository, publication.pullNumber),
  ]);
  const problem = [held, pull].find((result) => !result.ok && result.problem.kind !== 'not_found');
  if (problem !== undefined && !problem.ok) {
    return settledBy(endingOf(problem.problem, 'REPOSITORY_GONE'));
  }
  const known: PullFacts | null = pull.ok ? pull.value : null;
  const own = known !== null && (publication.pullNumber !== null || (await isOwnPull(known, previous, options)));
  if (own && known.state !== 'open') {
    return { kind: known.state === 'merged' ? 'merged' : 'gone' };
  }
  if (!held.ok || (known !== null && !own && known.state === 'open')) {
    return { kind: 'gone' };
  }
  const opened = own ? { pullNumber: known.number, pullUrl: known.url } : { pullNumber: null, pullUrl: null };
  return { kind: 'continue', publication: { headSha: newestHead(previous, held.value, options), ...opened } };
}

async function findFreeName(
  task: Task,
  options: PublisherOptions,
  earlier: 'usable' | 'merged',
): Promise<BranchSettled> {
  const github = options.github(task.installationId);
  const names = [task.branch, flatBranchName(task.branch)];
  const rejected = await findRejectedBefore(task, options);
  const obstacles = rejected === null ? [] : [`GitHub rejected a push to \`${rejected.branch}\``];
  for (const branch of new Set(rejected?.branch.includes('/') === true ? names.toReversed() : names)) {
    const obstacle = await github.findBranchObstacle(task.repository, branch);
    if (!obstacle.ok) {
      return settledBy(endingOf(obstacle.problem, 'REPOSITORY_GONE'));
    }
    if (obstacle.value === null) {
      const note = obstacles.length === 0 ? null : `Uses the branch ${branch}, because ${obstacles.join(' and ')}.`;
      return { kind: 'settled', branch, publication: null, note, earlier };
    }
    obstacles.push(describeObstacle(obstacle.value, branch));
  }
  return { kind: 'failed', failure: failure('BRANCH_BLOCKED', obstacles.join('\n')) };
}

/** The latest task of the row of retries whose push was rejected: what forbids a name is not always listed as a rule. */
async function findRejectedBefore(task: Task, { tasks }: Pick<PublisherOptions, 'tasks'>): Promise<Task | null> {
  const previous = task.retryOf === null ? null : await tasks.find(task.retryOf);
  return findInRetries(previous, { find: tasks.find, matches: ({ failure: last }) => last?.code === 'PUSH_REJECTED' });
}

/** Why a branch cannot be created. */
export function describeObstacle(obstacle: BranchObstacle, branch: string): string {
  return obstacle.kind === 'branch'
    ? `the branch \`${obstacle.name}\` is in the way of \`${branch}\``
    : obstacle.reason;
}

/** The end that a problem at GitHub means before any money is spent. */
export function settledBy(ending: Publishing): Extract<BranchSettled, { kind: 'failed' | 'wait' }> {
  if (ending.kind === 'wait') {
    return ending;
  }
  if (ending.kind === 'done' && ending.facts.kind === 'failed') {
    return { kind: 'failed', failure: ending.facts.failure };
  }
  throw new Error(`a look-up ended with ${ending.kind}`);
}
