import { FIXES } from '../../task/checks/fixes.ts';
import { DEFAULTS } from '../defaults.ts';
import { key } from './repo-key.ts';
import { choice, listOf, text, whole, yesOrNo } from './repo-values.ts';
import { afterSteps, beforeSteps, sequence } from './step-values.ts';

const COMMAND = text({ allowed: 'a shell command of at most 4000 characters', maxLength: 4_000 });
const CHAIN_FORMS = '`[implement]`, `[implement, review]` or `[implement, review, fix]`';

/** Keys about what happens to work: how it is checked, when it leaves, and what follows it. */
export const REVIEW_KEYS = {
  verify: key(COMMAND, {
    description:
      'A shell command that tests the work: the short form of one step of `steps.after`. `auto` detects it, `none` switches it off. See [Steps and checks](steps.md).',
    fallback: 'auto',
    example: 'npm test',
  }),
  'steps.before': key(beforeSteps, {
    description:
      'Commands that run after the checkout and before the agent, instead of `setup`. One that ends with 78 says that there is nothing to do. See [Steps and checks](steps.md).',
    fallback: 'what `setup` says',
    example: '[{name: deps, run: npm ci, timeout: 10m}]',
  }),
  'steps.after': key(afterSteps, {
    description:
      'Checks of the finished work, instead of `verify`, each in a session that no agent has touched. `gate` is `strict`, `regression` or `info`. See [Steps and checks](steps.md).',
    fallback: 'what `verify` says',
    example: '[{name: test, run: npm test, gate: strict}]',
  }),
  'steps.sequence': key(sequence, {
    description: 'The order of the parts of a task, to leave `before` or `after` out.',
    fallback: '[hydrate, before, agent, after, publish]',
    example: '[hydrate, agent, after, publish]',
  }),
  judge: key(yesOrNo, {
    description:
      'Whether a model judges, after the checks, if the change meets what the issue asks for. It sees the criteria, the change and what the checks printed, and it costs money of the task. See [How Bosun decides that work is good](verdicts.md).',
    fallback: 'false',
    example: 'true',
  }),
  fixes: key(whole({ min: 0, max: 10 }), {
    description: 'How often the agent is sent back with what the checks or the judge found before a person is asked.',
    fallback: String(FIXES),
    example: '3',
  }),
  ready_when_passed: key(yesOrNo, {
    description:
      'Whether the pull request is opened ready for review, instead of as a draft, when the verdict is `PASSED`. What did not pass stays a draft, also when a person accepts it.',
    fallback: 'false',
    example: 'true',
  }),
  push: key(choice(['trusted', 'always', 'released']), {
    description:
      'When work goes to GitHub without a person who looked at it and said `/release`. A push starts the workflows of the repository, so with `trusted` it goes by itself only when everything the agent read was written by people with write access; `always` never asks for that reason, `released` asks every time. What the gate holds for other reasons is held in any case.',
    fallback: 'trusted',
    example: 'released',
  }),
  signed_commits: key(yesOrNo, {
    description:
      'Whether GitHub makes the commits of Bosun and signs them in the name of the App, so that they are shown as verified. Without this key it does where a ruleset or the protection of the branch requires signatures.',
    fallback: 'where the branch requires it',
    example: 'true',
  }),
  'human_approval.not_requester': key(yesOrNo, {
    description:
      'Whether the check run of a pull request stays `action_required` until somebody with write access, other than whoever requested the task, has approved its latest commit. A dismissed review and a new commit withdraw the approval. Make the check `Bosun` required to hold a merge until then. Needs the server; the Action does not run when a review is submitted.',
    fallback: 'false',
    example: 'true',
  }),
  'auto_fix.reviews': key(yesOrNo, {
    description:
      'Whether a review of somebody with write access on a pull request of Bosun starts `/fix` by itself. See [Reviewing and fixing](reviewing-and-fixing.md).',
    fallback: 'false',
    example: 'true',
  }),
  'auto_fix.checks': key(yesOrNo, {
    description: 'Whether a check that fails on a pull request of Bosun starts `/fix` by itself, once for each head.',
    fallback: 'false',
    example: 'true',
  }),
  'auto_fix.attempts': key(whole({ min: 1, max: 10 }), {
    description:
      'How often `auto_fix` starts a task on one pull request. After that it gets the label `needs-human` and one comment.',
    fallback: String(DEFAULTS.autoFixAttempts),
    example: '2',
  }),
  chain: key(listOf(choice(['implement', 'review', 'fix']), { allowed: CHAIN_FORMS, max: 3 }), {
    description:
      'What follows by itself when a task of an issue has opened its pull request: a review, and a fix of what the review confirmed, two rounds at most. Each is a task with a cost of its own.',
    fallback: '[implement]',
    example: '[implement, review, fix]',
  }),
} as const;
