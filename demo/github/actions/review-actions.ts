import { isPull, pullListJson, type PullIssue } from '../json/pull-json.ts';
import { reviewJson } from '../json/review-json.ts';
import type { Actor, Issue, Review, World } from '../state/world.ts';

/** A review of the pull request as it is now, with its webhook. */
export function submitReview(
  world: World,
  issue: Issue,
  draft: { body: string; state: Review['state']; actor: Actor },
): Review {
  if (!isPull(issue)) {
    throw new Error(`${issue.number} is not a pull request.`);
  }
  const review: Review = {
    id: world.newId(),
    user: draft.actor.user,
    body: draft.body,
    state: draft.state,
    commitSha: issue.pull.head.sha,
    submittedAt: world.now(),
  };
  issue.pull.reviews.push(review);
  emitReview(world, issue, { action: 'submitted', review, actor: draft.actor });
  return review;
}

export function dismissReview(world: World, issue: Issue, dismissal: { id: number; actor: Actor }): void {
  const review = isPull(issue) ? issue.pull.reviews.find(({ id }) => id === dismissal.id) : undefined;
  if (!isPull(issue) || review === undefined) {
    throw new Error(`There is no review ${dismissal.id} of ${issue.number}.`);
  }
  review.state = 'DISMISSED';
  emitReview(world, issue, { action: 'dismissed', review, actor: dismissal.actor });
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
