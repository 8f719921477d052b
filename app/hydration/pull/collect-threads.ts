import type { GitHub, GitHubResult, ReviewThreadFacts } from '../../github/github.ts';
import { fetchWritePermission } from '../../github/may-write.ts';
import type { Actor, Task } from '../../task/task.ts';

export interface CollectedThreads {
  /** Unresolved ones, each with the comments that may enter the prompt. */
  readonly threads: readonly ReviewThreadFacts[];
  /** Unresolved ones of which nothing may enter. */
  readonly leftOut: number;
  /** People whose comments are in `threads`. */
  readonly authors: readonly Actor[];
}

/**
 * The review threads of a pull request that are open. Their comments enter the prompt by the rules of other comments:
 * written before the approval and not edited since, and unless the repository says otherwise by people with write
 * access. What Bosun itself found in a review enters, too; other bots do not.
 */
export async function collectThreads(task: Task, github: GitHub): Promise<GitHubResult<CollectedThreads>> {
  const all = await github.fetchReviewThreads(task.repository, task.thread.number);
  if (!all.ok) {
    return all;
  }
  const open = all.value.filter(({ isResolved }) => !isResolved);
  const timely = open.map((thread) => ({ ...thread, comments: thread.comments.filter((one) => mayEnter(one, task)) }));
  const mayWrite = await findWriters(task, timely, github);
  if (!mayWrite.ok) {
    return mayWrite;
  }
  const threads = timely
    .map((thread) => ({
      ...thread,
      comments: thread.comments.filter(({ author, isOwn }) => isOwn || mayWrite.value.has(author.id)),
    }))
    .filter(({ comments }) => comments.length > 0);
  const authors = threads.flatMap(({ comments }) => comments.filter(({ isOwn }) => !isOwn).map(({ author }) => author));
  return { ok: true, value: { threads, leftOut: open.length - threads.length, authors } };
}

type ThreadComment = ReviewThreadFacts['comments'][number];

function mayEnter({ author, createdAt, editedAt, isOwn }: ThreadComment, { text }: Task): boolean {
  if (isOwn) {
    return true;
  }
  return !author.isBot && createdAt <= text.at && (editedAt === null || editedAt < text.at);
}

/** Numbers of those whose comments may enter. */
async function findWriters(
  { repository, settings }: Task,
  threads: readonly ReviewThreadFacts[],
  github: GitHub,
): Promise<GitHubResult<ReadonlySet<number>>> {
  const others = threads.flatMap(({ comments }) => comments).filter(({ isOwn }) => !isOwn);
  const authors = new Map(others.map(({ author }) => [author.id, author]));
  if (settings.commentsFrom === 'everyone') {
    return { ok: true, value: new Set(authors.keys()) };
  }
  const writers = new Set<number>();
  for (const user of authors.values()) {
    const permission = await fetchWritePermission({ repository, user, allowedBots: [] }, github);
    if (!permission.ok && permission.problem.kind !== 'not_found') {
      return permission;
    }
    if (permission.ok && permission.value.mayWrite) {
      writers.add(user.id);
    }
  }
  return { ok: true, value: writers };
}
