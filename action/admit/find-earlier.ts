import type { CommentFacts, GitHub, GitHubResult } from '../../app/github/github.ts';
import { isTerminal } from '../../protocol/index.ts';
import { ShownTask } from '../../app/task/shown-facts.ts';
import { hasMarker, readFacts } from '../../app/text/marker.ts';
import { isOwnComment } from '../../app/report/report-context.ts';
import type { EarlierComment, ReportStore } from '../../app/store/stores.ts';
import type { RepositoryRef } from '../../app/task/task.ts';

/** What other runs left on GitHub for this thread. */
export type Earlier =
  | { readonly kind: 'none' }
  /** This very trigger became a task before. */
  | { readonly kind: 'known'; readonly taskId: string; readonly url: string }
  /** Another task of this thread has not ended, as far as its comment tells. */
  | { readonly kind: 'running'; readonly taskId: string; readonly url: string };

export interface EarlierQuery {
  readonly repository: RepositoryRef;
  readonly thread: number;
  /** The id the task of this trigger would have, and its branch. */
  readonly taskId: string;
  readonly branch: string;
  /** Ids of earlier attempts of this workflow run: over, whatever their comments say. */
  readonly over: readonly string[];
  readonly key: Uint8Array;
  readonly now: Date;
  /** A comment of a running task that was not touched for this long is of a run that died. */
  readonly staleMs: number;
}

/** Asks GitHub what a database would know: comments by their keyed marker, then the branch's pull request by its own. */
export async function findEarlier(
  query: EarlierQuery,
  github: Pick<GitHub, 'fetchComments' | 'findPullByHead'>,
): Promise<GitHubResult<Earlier>> {
  const comments = await github.fetchComments(query.repository, query.thread);
  if (!comments.ok) {
    return comments;
  }
  let running: Earlier = { kind: 'none' };
  for (const comment of comments.value.filter((candidate) => isOwnComment(candidate, null))) {
    const taskId = taskOf(comment, query.key);
    if (taskId === query.taskId) {
      return { ok: true, value: { kind: 'known', taskId, url: comment.url } };
    }
    if (taskId !== null && !query.over.includes(taskId) && isLive(comment, taskId, query)) {
      running = { kind: 'running', taskId, url: comment.url };
    }
  }
  const pull = await github.findPullByHead(query.repository, query.branch);
  if (!pull.ok) {
    return pull;
  }
  if (pull.value !== null && hasMarker(pull.value.body, { name: query.taskId, key: query.key })) {
    return { ok: true, value: { kind: 'known', taskId: query.taskId, url: pull.value.url } };
  }
  return { ok: true, value: running };
}

/** The status comment that the one of a task supersedes: the latest of another run on its thread. */
export function createEarlierCommentFinder(
  github: Pick<GitHub, 'fetchComments'>,
  key: Uint8Array,
): ReportStore['findEarlierComment'] {
  const known = new Map<string, EarlierComment | null>();
  return async ({ id, repository, thread }) => {
    const before = known.get(id);
    if (before !== undefined) {
      return before;
    }
    const comments = await github.fetchComments(repository, thread.number);
    if (!comments.ok) {
      // Asked again with the next report.
      return null;
    }
    const found = comments.value
      .filter((comment) => isOwnComment(comment, null))
      .map((comment) => ({ taskId: taskOf(comment, key), commentId: comment.id }))
      .findLast(({ taskId }) => taskId !== null && taskId !== id) as EarlierComment | undefined;
    known.set(id, found ?? null);
    return found ?? null;
  };
}

/** Whether we wrote this text ourselves, under whatever account. */
export function isOwnText(body: string, key: Uint8Array): boolean {
  return namesIn(body).some((name) => hasMarker(body, { name, key }));
}

function taskOf(comment: CommentFacts, key: Uint8Array): string | null {
  const names = namesIn(comment.body).filter((name) => !name.startsWith('reply-'));
  return names.find((name) => hasMarker(comment.body, { name, key })) ?? null;
}

/** Names of all that looks like a marker at the start of a comment, where ours stand. */
function namesIn(body: string): string[] {
  const name = /^<!-- bosun:([A-Za-z0-9-]{1,64}):/.exec(body)?.[1];
  return name === undefined ? [] : [name];
}

function isLive(comment: CommentFacts, taskId: string, query: EarlierQuery): boolean {
  const shown = ShownTask.safeParse(readFacts(comment.body, { name: taskId, key: query.key })).data;
  return (
    shown !== undefined && !isTerminal(shown.state) && query.now.getTime() - comment.updatedAt.getTime() < query.staleMs
  );
}
