import type { CommentFacts, GitHub, GitHubResult, Role } from '../github/github.ts';
import type { Task } from '../task/task.ts';

export interface CollectedComments {
  readonly comments: readonly CommentFacts[];
  /** How many stay out, by reason; shown to people, so that nothing vanishes unsaid. */
  readonly leftOut: {
    readonly notWriter: number;
    readonly later: number;
    readonly edited: number;
    readonly bot: number;
  };
}

const WRITING_ROLES: readonly Role[] = ['admin', 'maintain', 'write'];

/**
 * The comments that may enter the prompt: written before the approval and not edited since, by people, and unless the
 * repository says otherwise by people with write access. The trigger comment itself is already the request.
 */
export async function collectComments(task: Task, github: GitHub): Promise<GitHubResult<CollectedComments>> {
  const all = await github.fetchComments(task.repository, task.thread.number);
  if (!all.ok) {
    return all;
  }
  const leftOut = { notWriter: 0, later: 0, edited: 0, bot: 0 };
  const candidates: CommentFacts[] = [];
  for (const comment of all.value) {
    const reason = exclusion(comment, task);
    if (reason === null) {
      candidates.push(comment);
    } else if (reason !== 'trigger') {
      leftOut[reason] += 1;
    }
  }
  if (task.settings.commentsFrom === 'everyone') {
    return { ok: true, value: { comments: candidates, leftOut } };
  }
  const roles = await fetchRoles(task, candidates, github);
  if (!roles.ok) {
    return roles;
  }
  const comments = candidates.filter((comment) => WRITING_ROLES.includes(roles.value.get(comment.author.id) ?? 'none'));
  return { ok: true, value: { comments, leftOut: { ...leftOut, notWriter: candidates.length - comments.length } } };
}

function exclusion(comment: CommentFacts, task: Task): 'trigger' | 'bot' | 'later' | 'edited' | null {
  if (comment.id === task.trigger.commentId || comment.id === task.text.throughCommentId) {
    return 'trigger';
  }
  if (comment.author.isBot || comment.appId !== null) {
    return 'bot';
  }
  if (
    comment.createdAt > task.text.at ||
    (task.text.throughCommentId !== null && comment.id > task.text.throughCommentId)
  ) {
    return 'later';
  }
  return comment.updatedAt > comment.createdAt && comment.updatedAt >= task.text.at ? 'edited' : null;
}

async function fetchRoles(
  task: Task,
  comments: readonly CommentFacts[],
  github: GitHub,
): Promise<GitHubResult<ReadonlyMap<number, Role>>> {
  const authors = new Map(comments.map((comment) => [comment.author.id, comment.author]));
  const roles = new Map<number, Role>();
  for (const author of authors.values()) {
    const role = await github.fetchRole(task.repository, author);
    if (!role.ok) {
      return role;
    }
    roles.set(author.id, role.value);
  }
  return { ok: true, value: roles };
}
