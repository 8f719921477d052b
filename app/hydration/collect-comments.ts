import { findAuthoredText } from '../command/comment/authored-text.ts';
import type { CommentFacts, GitHub, GitHubResult } from '../github/github.ts';
import { fetchWritePermission } from '../github/may-write.ts';
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
  /** Comments from which a quoted mail or a signature was cut. */
  readonly cut: number;
  /** The comment with the command was edited after the approval. */
  readonly isRequestEdited: boolean;
}

/**
 * The comments that may enter the prompt: written before the approval and not edited since, by people, and unless the
 * repository says otherwise by people with write access. The trigger comment itself is already the request. Mails that
 * were quoted in them are left out: those are words of others, who may have no write access.
 */
export async function collectComments(task: Task, github: GitHub): Promise<GitHubResult<CollectedComments>> {
  const all = await github.fetchComments(task.repository, task.thread.number);
  if (!all.ok) {
    return all;
  }
  const leftOut = { notWriter: 0, later: 0, edited: 0, bot: 0 };
  const candidates: CommentFacts[] = [];
  const isRequestEdited = all.value.some(
    (comment) => comment.id === task.text.throughCommentId && comment.updatedAt > task.text.at,
  );
  for (const comment of all.value) {
    const reason = exclusion(comment, task);
    if (reason === null) {
      candidates.push(comment);
    } else if (reason !== 'trigger') {
      leftOut[reason] += 1;
    }
  }
  if (task.settings.commentsFrom === 'everyone') {
    return { ok: true, value: { ...withoutMails(candidates), leftOut, isRequestEdited } };
  }
  const writers = await fetchWriters(task, candidates, github);
  if (!writers.ok) {
    return writers;
  }
  const comments = candidates.filter((comment) => writers.value.has(comment.author.id));
  const notWriter = candidates.length - comments.length;
  return { ok: true, value: { ...withoutMails(comments), leftOut: { ...leftOut, notWriter }, isRequestEdited } };
}

function withoutMails(comments: readonly CommentFacts[]): Pick<CollectedComments, 'comments' | 'cut'> {
  const read = comments.map((comment) => ({ comment, own: findAuthoredText(comment.body) }));
  return {
    comments: read.flatMap(({ comment, own }) => (own.text.trim() === '' ? [] : [{ ...comment, body: own.text }])),
    cut: read.filter(({ own }) => own.isCut).length,
  };
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

/** Numbers of the authors who may write. */
async function fetchWriters(
  { repository }: Task,
  comments: readonly CommentFacts[],
  github: GitHub,
): Promise<GitHubResult<ReadonlySet<number>>> {
  const authors = new Map(comments.map((comment) => [comment.author.id, comment.author]));
  const writers = new Set<number>();
  for (const user of authors.values()) {
    const permission = await fetchWritePermission({ repository, user, allowedBots: [] }, github);
    if (!permission.ok) {
      return permission;
    }
    if (permission.value.mayWrite) {
      writers.add(user.id);
    }
  }
  return { ok: true, value: writers };
}
