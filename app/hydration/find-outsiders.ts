import type { GitHub, GitHubResult } from '../github/github.ts';
import { fetchWritePermission } from '../github/may-write.ts';
import { TASK_TYPE_RECORDS } from '../task/task-types.ts';
import type { Actor, Task } from '../task/task.ts';

/** Nobody needs a longer list to know that the text is not all from people who may write. */
const MOST_NAMED = 5;

/**
 * Logins of those whose text enters the prompt although they may not write: the author of the title and the body, and
 * with `comments_from: everyone` those of comments. Null where the repository does not want to know (`push: always`).
 */
export async function findOutsiders(
  task: Task,
  commentators: readonly Actor[],
  github: Pick<GitHub, 'fetchRole'>,
): Promise<GitHubResult<readonly string[] | null>> {
  const { allowedBotId, commentsFrom, push = 'trusted' } = task.settings;
  if (push === 'always') {
    return { ok: true, value: null };
  }
  const authors = new Map<number, Actor>();
  if (TASK_TYPE_RECORDS[task.type].context.includes('thread')) {
    authors.set(task.text.author.id, task.text.author);
  }
  if (commentsFrom === 'everyone') {
    commentators.forEach((author) => authors.set(author.id, author));
  }
  // The requester was asked about at admission and is asked about again before anything leaves.
  authors.delete(task.requestedBy.id);
  const allowedBots = allowedBotId === undefined ? [] : [allowedBotId];
  const outsiders: string[] = [];
  for (const user of authors.values()) {
    const permission = await fetchWritePermission({ repository: task.repository, user, allowedBots }, github);
    if (!permission.ok && permission.problem.kind !== 'not_found') {
      return permission;
    }
    if (!permission.ok || !permission.value.mayWrite) {
      outsiders.push(user.login);
    }
    if (outsiders.length === MOST_NAMED) {
      break;
    }
  }
  return { ok: true, value: outsiders };
}
