import type { GitHub } from '../github/github.ts';
import { fetchWritePermission } from '../github/may-write.ts';
import { matchesFence, type Fence } from '../task/fence.ts';
import { wasCancelled } from '../task/cancelled.ts';
import { hasNewerText } from '../task/newer-text.ts';
import { releasedQuestion } from '../task/question.ts';
import { OPERATOR, type RepositoryRef, type Task } from '../task/task.ts';
import type { PublisherOptions } from './publisher-options.ts';
import { ended, endingOf, failedWith, type Part } from './publishing.ts';
import { publishedAs } from './signing/published-as.ts';

/** What still holds just before anything leaves. */
export interface Rechecked {
  readonly task: Task;
  /** The repository under the name it has now. */
  readonly repository: RepositoryRef;
  readonly defaultBranch: string;
  /** The thread was edited after the approval. */
  readonly newerText: boolean;
}

/**
 * Asks again what was asked at the start: is the attempt current and wanted, is the text the approved one, may the
 * requester still write, and are repository and thread still there?
 */
export async function recheck(
  request: { fence: Fence; headSha: string },
  github: GitHub,
  options: PublisherOptions,
): Promise<Part<Rechecked>> {
  const task = await options.tasks.find(request.fence.taskId);
  if (task === null || !matchesFence(task, request.fence)) {
    return ended({ kind: 'stale' });
  }
  // What is pushed cannot be called back: from there on a cancel comes too late.
  if (
    wasCancelled({ stop: task.stop?.kind ?? null }) &&
    task.publication.headSha !== publishedAs(task, request.headSha)
  ) {
    return ended({ kind: 'done', facts: { kind: 'nothing', why: 'cancelled' } });
  }
  if (options.hashText(task.text) !== task.text.sha256) {
    return ended(failedWith('TEXT_CHANGED'));
  }
  const { requestedBy: user, settings } = task;
  const allowedBots = settings.allowedBotId === undefined ? [] : [settings.allowedBotId];
  const [repository, permission, thread, releaser] = await Promise.all([
    github.fetchRepository(task.repository.id),
    fetchWritePermission({ repository: task.repository, user, allowedBots }, github),
    github.fetchThread(task.repository, task.thread.number),
    fetchReleaser(task, github),
  ]);
  if (!repository.ok) {
    return ended(endingOf(repository.problem, 'REPOSITORY_GONE'));
  }
  if (repository.value.ref.id !== task.repository.id) {
    return ended(failedWith('REPOSITORY_GONE', 'Another repository now has this name.'));
  }
  if (repository.value.archived) {
    return ended(failedWith('REPOSITORY_ARCHIVED'));
  }
  if (!permission.ok) {
    return ended(endingOf(permission.problem, 'PERMISSION_LOST'));
  }
  if (!permission.value.mayWrite) {
    return ended(failedWith('PERMISSION_LOST', `${user.login} has the role ${permission.value.role}.`));
  }
  if (!releaser.ok) {
    return ended(endingOf(releaser.problem, 'PERMISSION_LOST'));
  }
  if (!releaser.value.mayWrite) {
    return ended(failedWith('PERMISSION_LOST', 'Whoever released the work has no write access any more.'));
  }
  if (!thread.ok) {
    return ended(endingOf(thread.problem, 'ISSUE_GONE'));
  }
  const { defaultBranch, ref } = repository.value;
  const newerText = hasNewerText(task, thread.value);
  return { ok: true, value: { task, repository: ref, defaultBranch, newerText } };
}

/** Whether the person who released the work may write still; the operator has no account, and most work needs no release. */
async function fetchReleaser(task: Task, github: GitHub): ReturnType<typeof fetchWritePermission> {
  const by = releasedQuestion(task)?.answer?.by ?? OPERATOR;
  return by.id === OPERATOR.id
    ? { ok: true, value: { mayWrite: true, role: 'none' } }
    : fetchWritePermission({ repository: task.repository, user: by, allowedBots: [] }, github);
}
