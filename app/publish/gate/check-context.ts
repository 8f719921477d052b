import { whole, type WorkCheck } from './gate-check.ts';

/**
 * A push starts the workflows of the repository, with its secrets, on code that nobody has looked at. So text of people who
 * may not write must not be what that code was made from, unless a person has looked.
 */
export const CONTEXT_CHECKS: readonly WorkCheck[] = [
  {
    code: 'CONTEXT_NOT_TRUSTED',
    outcome: 'hold',
    because:
      'the agent read text of someone without write access (`push: trusted`), and a push starts workflows with their secrets',
    find: ({ outsiders }, { push }) => {
      if (push !== 'trusted' || outsiders?.length === 0) {
        return [];
      }
      const who =
        outsiders === null
          ? 'It is not on record who wrote all the text that the agent read'
          : `The agent read text of ${outsiders.join(', ')}, without write access here`;
      return [
        whole(
          `${who}, and a push starts the workflows of this repository with their secrets. Look at the change first.`,
        ),
      ];
    },
  },
  {
    code: 'RELEASE_WANTED',
    outcome: 'hold',
    because: 'the repository wants a person to look at every change (`push: released`)',
    find: (_facts, { push }) =>
      push === 'released' ? [whole('This repository wants a person to look at every change before it is pushed.')] : [],
  },
];
