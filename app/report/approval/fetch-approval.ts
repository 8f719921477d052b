import type { GitHub, GitHubProblem, GitHubResult } from '../../github/github.ts';
import { fetchWritePermission } from '../../github/may-write.ts';
import type { Stores } from '../../store/stores.ts';
import { findInRetries } from '../../task/find-in-retries.ts';
import type { Task } from '../../task/task.ts';
import { findApprovers, type Approval } from './decide-approval.ts';

interface ApprovalContext {
  readonly github: Pick<GitHub, 'fetchPull' | 'fetchReviewFacts' | 'fetchRole'>;
  readonly stores: { readonly tasks: Pick<Stores['tasks'], 'find' | 'findByPull'> };
}

/**
 * Whether somebody other than the requester has approved what the pull request holds now; null for a task that needs no
 * approval or has nothing to approve. GitHub is asked every time, so that what it says is never older than the check run.
 * What cannot be read counts as no approval.
 */
export async function fetchApproval(task: Task, context: ApprovalContext): Promise<GitHubResult<Approval | null>> {
  const { headSha, pullNumber } = task.publication;
  if (task.settings.humanApproval?.notRequester !== true || headSha === null || pullNumber === null) {
    return { ok: true, value: null };
  }
  if (task.state !== 'COMPLETED') {
    return { ok: true, value: null };
  }
  const { github, stores } = context;
  const latest = await stores.tasks.findByPull(task.repository.id, pullNumber);
  if (latest !== null && latest.id !== task.id) {
    // Another task went on with this pull request; what this one pushed is no longer to be merged by itself.
    return { ok: true, value: { headSha, by: null, isOpen: false } };
  }
  const [pull, reviews, requesters] = await Promise.all([
    github.fetchPull(task.repository, pullNumber),
    github.fetchReviewFacts(task.repository, pullNumber),
    findRequesters(task, context),
  ]);
  for (const answer of [pull, reviews]) {
    if (!answer.ok && isPassing(answer.problem)) {
      return answer;
    }
  }
  if (!pull.ok || !reviews.ok) {
    return { ok: true, value: { headSha, by: null, isOpen: false } };
  }
  const at = { headSha: pull.value.headSha, isOpen: pull.value.state === 'open' };
  for (const by of findApprovers(reviews.value, { headSha: at.headSha, requesters })) {
    const permission = await fetchWritePermission({ repository: task.repository, user: by, allowedBots: [] }, github);
    if (!permission.ok && isPassing(permission.problem)) {
      return permission;
    }
    if (permission.ok && permission.value.mayWrite) {
      return { ok: true, value: { ...at, by } };
    }
  }
  return { ok: true, value: { ...at, by: null } };
}

/** Everybody who asked for this task or for one that it repeats. */
async function findRequesters(task: Task, { stores }: ApprovalContext): Promise<readonly number[]> {
  const requesters = new Set<number>();
  await findInRetries(task, {
    find: stores.tasks.find,
    matches: ({ requestedBy }) => {
      requesters.add(requestedBy.id);
      return false;
    },
  });
  return [...requesters];
}

function isPassing({ kind }: GitHubProblem): boolean {
  return kind === 'unavailable' || kind === 'limited' || kind === 'unauthorized' || kind === 'conflict';
}
