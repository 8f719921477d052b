import { fullName } from '../state/find.ts';
import type { Review, World } from '../state/world.ts';
import { association, threadUrl } from './issue-json.ts';
import type { PullIssue } from './pull-json.ts';
import { nodeId, time, userJson, type Json } from './user-json.ts';

export function reviewJson(world: World, issue: PullIssue, review: Review): Json {
  const page = `${threadUrl(world, issue)}#pullrequestreview-${review.id}`;
  const pull = `${world.apiUrl}/repos/${fullName(issue.repository)}/pulls/${issue.number}`;
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: userJson(world, review.user),
    body: review.body === '' ? null : review.body,
    commit_id: review.commitSha,
    submitted_at: time(review.submittedAt),
    state: review.state,
    html_url: page,
    pull_request_url: pull,
    author_association: association(issue.repository, review.user),
    _links: { html: { href: page }, pull_request: { href: pull } },
  };
}
