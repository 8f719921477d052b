import type { Incoming } from './incoming.ts';

/** What happened, whoever delivers it under whatever id: the same command always has the same key. */
export function semanticKeyOf(incoming: Incoming): string {
  const place = `${incoming.repository.id}/${(incoming.postedOn ?? incoming.thread).number}`;
  const { cause } = incoming;
  switch (cause.kind) {
    case 'comment':
    case 'comment_deleted':
      return `${place}/comment-${cause.commentId}`;
    case 'review':
      return `${place}/review-${cause.reviewId}`;
    case 'review_dismissed':
      return `${place}/review-dismissed-${cause.reviewId}`;
    case 'label':
      return `${place}/label-${cause.label}-${incoming.at.toISOString()}`;
    case 'closed':
      return `${place}/closed-${incoming.at.toISOString()}`;
    case 'unlabeled':
      return `${place}/unlabeled-${cause.label}-${incoming.at.toISOString()}`;
    case 'button':
      return `${incoming.repository.id}/check-${cause.checkRunId}-${cause.completedAt}-${cause.identifier}`;
  }
}

/** A label has no number of its own, and what GitHub calls its time differs by a second between places. */
const LABEL_SLACK_S = [-2, -1, 1, 2];

/** Keys under which the same order may have been handled; none where the order has a number. */
export function nearbyKeys(incoming: Incoming): string[] {
  if (incoming.cause.kind !== 'label') {
    return [];
  }
  return LABEL_SLACK_S.map((seconds) =>
    semanticKeyOf({ ...incoming, at: new Date(incoming.at.getTime() + seconds * 1_000) }),
  );
}
