import type { ChangedFile, GitHub, GitHubResult, PullDetails } from '../../github/github.ts';
import { failure, type Failure } from '../../task/failure.ts';
import type { TaskType } from '../../task/task-type.ts';
import type { Task } from '../../task/task.ts';
import { collectFailures, type CollectedFailures } from './collect-failures.ts';
import { collectThreads, type CollectedThreads } from './collect-threads.ts';

/** What the worker needs to know of the pull request that its task is about. Parts that its type does not read are empty. */
export interface PullContext {
  readonly details: PullDetails;
  /** What the pull request changes. */
  readonly files: readonly ChangedFile[];
  readonly threads: CollectedThreads;
  readonly failures: CollectedFailures;
}

const NO_THREADS: GitHubResult<CollectedThreads> = { ok: true, value: { threads: [], leftOut: 0, authors: [] } };
const NO_FAILURES: GitHubResult<CollectedFailures> = {
  ok: true,
  value: { failures: [], isPending: false, missingPermissions: [] },
};

/** Reads the parts of a pull request that the type of the task asks for. */
export async function collectPull(task: Task, type: TaskType, github: GitHub): Promise<GitHubResult<PullContext>> {
  const { repository, thread } = task;
  const pull = await github.fetchPullDetails(repository, thread.number);
  if (!pull.ok) {
    return pull;
  }
  const details = pull.value;
  const reads = (part: TaskType['context'][number]): boolean => type.context.includes(part);
  const [changed, threads, failures] = await Promise.all([
    reads('diff') ? github.fetchChangedFiles(repository, { base: details.baseRef, head: details.headSha }) : null,
    reads('review_threads') ? collectThreads(task, github) : NO_THREADS,
    reads('failing_checks') ? collectFailures(repository, { sha: details.headSha }, github) : NO_FAILURES,
  ]);
  if (changed !== null && !changed.ok) {
    return changed;
  }
  if (!threads.ok) {
    return threads;
  }
  if (!failures.ok) {
    return failures;
  }
  return {
    ok: true,
    value: {
      details,
      files: changed?.value.files ?? [],
      threads: threads.value,
      failures: failures.value,
    },
  };
}

/** Why the task cannot do anything, before any money is spent; null where it can. */
export function refusePull(task: Task, type: TaskType, pull: PullContext): Failure | null {
  const { details, failures, threads } = pull;
  if (details.state !== 'open') {
    return failure('PULL_REQUEST_CLOSED', `Pull request ${details.number} is ${details.state}.`);
  }
  const isEmpty = threads.threads.length === 0 && failures.failures.length === 0;
  if (!type.context.includes('review_threads') || !isEmpty || task.text.request !== '') {
    return null;
  }
  const reasons = ['No review thread is open that the agent may read, and no check has failed.'];
  if (threads.leftOut > 0) {
    reasons.push(
      `${threads.leftOut} open ${threads.leftOut === 1 ? 'thread was' : 'threads were'} left out: written by people without write access, by other bots, or after the command.`,
    );
  }
  if (failures.isPending) {
    reasons.push('Some checks have not finished yet.');
  }
  if (failures.missingPermissions.length > 0) {
    reasons.push(
      `The App may not see everything: accept its permission ${failures.missingPermissions.join(', ')} in the settings of the installation.`,
    );
  }
  if (details.mergeable === false) {
    reasons.push(
      `It conflicts with \`${details.baseRef}\`, which Bosun cannot resolve: merge or rebase the branch by hand.`,
    );
  }
  return failure('NOTHING_TO_FIX', reasons.join('\n'));
}
