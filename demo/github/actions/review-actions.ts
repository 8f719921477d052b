import { changedLines } from '../git/changed-lines.ts';
import { RestError } from '../http/rest-error.ts';
import { isPull, pullComparison, pullListJson, type PullIssue } from '../json/pull-json.ts';
import { reviewCommentJson } from '../json/review-comment-json.ts';
import { reviewJson } from '../json/review-json.ts';
import type { Actor, Issue, Review, ReviewComment, ReviewThread, World } from '../state/world.ts';

export interface LineDraft {
  path: string;
  line: number;
  body: string;
}

interface ReviewDraft {
  body: string;
  state: Review['state'];
  actor: Actor;
  /** Each begins a conversation on a line. */
  comments?: readonly LineDraft[];
  /** The commit that was looked at; the head where it is not given. */
  commitSha?: string | undefined;
}

/** A review of the pull request as it is now, with its webhooks. */
export function submitReview(world: World, issue: Issue, draft: ReviewDraft): Review {
  const pull = requirePullIssue(issue);
  const review: Review = {
    id: world.newId(),
    user: draft.actor.user,
    body: draft.body,
    state: draft.state,
    commitSha: draft.commitSha ?? pull.pull.head.sha,
    submittedAt: world.now(),
  };
  pull.pull.reviews.push(review);
  emitReview(world, pull, { action: 'submitted', review, actor: draft.actor });
  for (const { body, line, path } of draft.comments ?? []) {
    const comment = newComment(world, { body, review, actor: draft.actor });
    const thread: ReviewThread = {
      id: world.newId(),
      path,
      line,
      commitSha: review.commitSha,
      resolvedBy: null,
      comments: [comment],
    };
    pull.pull.threads.push(thread);
    emitComment(world, pull, { comment, thread });
  }
  return review;
}

/** Refuses, in GitHub's words, comments on lines that the pull request does not show. */
export async function checkLines(issue: PullIssue, comments: readonly LineDraft[]): Promise<void> {
  const comparison = await pullComparison(issue);
  const errors = comments.flatMap(({ line, path }) => {
    const file = comparison?.files.find((one) => one.path === path);
    if (file === undefined) {
      return ['Path could not be resolved'];
    }
    return changedLines(file.patch ?? '').has(line) ? [] : ['Line could not be resolved'];
  });
  if (errors.length > 0) {
    throw new RestError(422, 'Unprocessable Entity', { errors });
  }
}

/** Answers a conversation: GitHub makes a review of its own for it. */
export function replyToThread(
  world: World,
  issue: PullIssue,
  reply: { thread: ReviewThread; body: string; actor: Actor },
): ReviewComment {
  const { actor, body, thread } = reply;
  const review = submitReview(world, issue, { body: '', state: 'COMMENTED', actor });
  const comment = newComment(world, { body, review, actor });
  thread.comments.push(comment);
  emitComment(world, issue, { comment, thread });
  return comment;
}

export function resolveThread(
  world: World,
  issue: PullIssue,
  resolution: { thread: ReviewThread; by: Actor | null },
): void {
  const { by, thread } = resolution;
  thread.resolvedBy = by?.user ?? null;
  issue.updatedAt = world.now();
}

export function dismissReview(world: World, issue: Issue, dismissal: { id: number; actor: Actor }): void {
  const review = isPull(issue) ? issue.pull.reviews.find(({ id }) => id === dismissal.id) : undefined;
  if (!isPull(issue) || review === undefined) {
    throw new Error(`There is no review ${dismissal.id} of ${issue.number}.`);
  }
  review.state = 'DISMISSED';
  emitReview(world, issue, { action: 'dismissed', review, actor: dismissal.actor });
}

export function requirePullIssue(issue: Issue): PullIssue {
  if (!isPull(issue)) {
    throw new Error(`${issue.number} is not a pull request.`);
  }
  return issue;
}

function newComment(world: World, draft: { body: string; review: Review; actor: Actor }): ReviewComment {
  const now = world.now();
  return {
    id: world.newId(),
    reviewId: draft.review.id,
    user: draft.actor.user,
    viaApp: draft.actor.viaApp,
    body: draft.body,
    createdAt: now,
    updatedAt: now,
  };
}

function emitReview(
  world: World,
  issue: PullIssue,
  { action, actor, review }: { action: string; review: Review; actor: Actor },
): void {
  issue.updatedAt = world.now();
  const json = reviewJson(world, issue, review);
  // A webhook writes the state in lower case, the API in upper case.
  const payload = { review: { ...json, state: review.state.toLowerCase() }, pull_request: pullListJson(world, issue) };
  world.emit({ event: 'pull_request_review', action, repository: issue.repository, sender: actor.user, payload });
}

function emitComment(world: World, issue: PullIssue, at: { comment: ReviewComment; thread: ReviewThread }): void {
  const payload = { comment: reviewCommentJson(world, issue, at), pull_request: pullListJson(world, issue) };
  const { repository } = issue;
  const sender = at.comment.user;
  world.emit({ event: 'pull_request_review_comment', action: 'created', repository, sender, payload });
}
