import { fullName } from '../state/find.ts';
import type { ReviewComment, ReviewThread, World } from '../state/world.ts';
import { appJson } from './app-json.ts';
import { association, threadUrl } from './issue-json.ts';
import type { PullIssue } from './pull-json.ts';
import { nodeId, time, userJson, type Json } from './user-json.ts';

/** A comment on a line of a pull request. */
export function reviewCommentJson(
  world: World,
  issue: PullIssue,
  { comment, thread }: { comment: ReviewComment; thread: ReviewThread },
): Json {
  const repository = `${world.apiUrl}/repos/${fullName(issue.repository)}`;
  const url = `${repository}/pulls/comments/${comment.id}`;
  const pull = `${repository}/pulls/${issue.number}`;
  const page = reviewCommentUrl(world, issue, comment);
  const isOutdated = issue.pull.head.sha !== thread.commitSha;
  const first = thread.comments[0];
  return {
    id: comment.id,
    node_id: nodeId('PullRequestReviewComment', comment.id),
    url,
    pull_request_review_id: comment.reviewId,
    diff_hunk: '',
    path: thread.path,
    position: isOutdated ? null : 1,
    original_position: 1,
    commit_id: issue.pull.head.sha,
    original_commit_id: thread.commitSha,
    user: userJson(world, comment.user),
    body: comment.body,
    created_at: time(comment.createdAt),
    updated_at: time(comment.updatedAt),
    html_url: page,
    pull_request_url: pull,
    author_association: association(issue.repository, comment.user),
    _links: { self: { href: url }, html: { href: page }, pull_request: { href: pull } },
    start_line: null,
    original_start_line: null,
    start_side: null,
    line: isOutdated ? null : thread.line,
    original_line: thread.line,
    side: 'RIGHT',
    subject_type: 'line',
    performed_via_github_app: comment.viaApp ? appJson(world) : null,
    ...(first !== undefined && first !== comment && { in_reply_to_id: first.id }),
  };
}

export function reviewCommentUrl(world: World, issue: PullIssue, comment: ReviewComment): string {
  return `${threadUrl(world, issue)}#discussion_r${comment.id}`;
}
