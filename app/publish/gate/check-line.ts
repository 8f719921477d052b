import { whole, type WorkCheck } from './gate-check.ts';

/** The work is a short line of commits on the commit that was handed out. */
export const LINE_CHECKS: readonly WorkCheck[] = [
  {
    code: 'NOT_ON_BASE',
    outcome: 'block',
    because: 'the work is not based on the commit it was started from',
    find: ({ baseSha, isOnBase }) =>
      isOnBase
        ? []
        : [
            whole(
              `The work is not based on ${baseSha.slice(0, 12)}, the commit it was started from. Start over with \`/retry --from-scratch\`.`,
            ),
          ],
  },
  {
    code: 'COMMITS_TOO_MANY',
    outcome: 'block',
    because: 'there are too many commits to review',
    find: ({ commits, isOnBase }, { maxCommits }) =>
      isOnBase && commits > maxCommits
        ? [whole(`The work has ${commits} commits; up to ${maxCommits} are published. Split the issue.`)]
        : [],
  },
];
