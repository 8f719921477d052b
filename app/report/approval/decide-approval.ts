import type { ReviewFacts } from '../../github/github.ts';
import type { Actor } from '../../task/task.ts';

/** What a task that needs a person's approval shows of it. */
export interface Approval {
  /** The commit that has to be approved: the head of the pull request. */
  readonly headSha: string;
  /** Who approved it; null while nobody did who counts. */
  readonly by: Actor | null;
  /** Whether the answer can still change. */
  readonly isOpen: boolean;
}

/**
 * The people whose latest word on this very commit is an approval, the latest first. Whoever requested the task, or one
 * that it repeats, does not count, and no bot does. A comment leaves an approval as it is, a dismissal does not, and an
 * approval of an earlier commit says nothing of this one.
 */
export function findApprovers(
  reviews: readonly Pick<ReviewFacts, 'author' | 'state' | 'commitSha'>[],
  { headSha, requesters }: { headSha: string; requesters: readonly number[] },
): readonly Actor[] {
  const latest = new Map<number, (typeof reviews)[number]>();
  for (const review of reviews) {
    if (review.state === 'approved' || review.state === 'changes_requested' || review.state === 'dismissed') {
      latest.delete(review.author.id);
      latest.set(review.author.id, review);
    }
  }
  return [...latest.values()]
    .filter(({ author, commitSha, state }) => {
      const counts = !author.isBot && author.id !== 0 && !requesters.includes(author.id);
      return counts && state === 'approved' && commitSha === headSha;
    })
    .map(({ author }) => ({ id: author.id, login: author.login }))
    .toReversed();
}
