import { TIERS } from '../../protocol/index.ts';
import { FIXES } from '../task/checks/fixes.ts';
import { DEFAULTS } from './defaults.ts';
import {
  agent,
  allowedSecret,
  choice,
  directory,
  labels,
  listOf,
  oneLine,
  prefix,
  setup,
  text,
  time,
  usd,
  whole,
  yesOrNo,
  type RepoReader,
} from './repo/repo-values.ts';
import { afterSteps, beforeSteps, sequence } from './repo/step-values.ts';

/** One key of `.github/bosun.yml`: what the documentation says of it and how its value is read. */
export interface RepoKey<T> extends RepoReader<T> {
  readonly description: string;
  /** As it would be written in the file. */
  readonly fallback: string;
  readonly example: string;
}

const MODEL = oneLine({ allowed: 'a model id', maxLength: 100 });
const COMMAND = text({ allowed: 'a shell command of at most 4000 characters', maxLength: 4_000 });
const BRANCH = oneLine({ allowed: 'a branch name', maxLength: 250 });
const PATH = oneLine({ allowed: 'a path', maxLength: 250 });
const PATTERN = oneLine({ allowed: 'a path pattern', maxLength: 250 });
const CHAIN_FORMS = '`[implement]`, `[implement, review]` or `[implement, review, fix]`';
const MAX_TIME = { maxMs: DEFAULTS.maxTimeoutMs, shown: '8 h' };

/** Every key of the repository's file, by its path in the file. Parsing and documentation read this table. */
export const REPO_KEYS = {
  version: key(whole({ min: 1, max: 1 }), {
    description: 'Version of this format.',
    fallback: '1',
    example: '1',
  }),
  stop_on: key(
    listOf(choice(['closed', 'unlabeled']), { allowed: 'a list of `closed` and `unlabeled`, or `[]`', max: 2 }),
    {
      description:
        'Events that cancel the task of an issue: a person closes the issue, or removes the label that started the task. `[]` disables both.',
      fallback: '[closed, unlabeled]',
      example: '[closed]',
    },
  ),
  'commands.prefix': key(prefix, {
    description: 'The prefix of commands.',
    fallback: '"/"',
    example: '"@bosun "',
  }),
  labels: key(labels, {
    description: 'Labels that run a command when someone adds them. Replaces the default; `{}` disables labels.',
    fallback: '{bosun: implement, "bosun:implement": implement, "bosun:plan": plan}',
    example: '{bosun: implement --budget 3}',
  }),
  model: key(MODEL, {
    description: 'The model of tasks without `--model`.',
    fallback: 'the default of the server',
    example: DEFAULTS.model,
  }),
  models: key(listOf(MODEL, { allowed: 'a list of at most 50 model ids', max: 50 }), {
    description: 'The only models a task may use.',
    fallback: 'every model with a known price',
    example: `[${DEFAULTS.model}]`,
  }),
  tier: key(choice(TIERS), {
    description:
      'The tier of tasks without `--model`, `--tier` or `--size`, where `model` names none. See [Models and tiers](models.md).',
    fallback: 'by the type and size of the task',
    example: 'large',
  }),
  'budget.task': key(usd(), {
    description: 'Budget in USD of tasks without `--budget`. Not above the cap of the server.',
    fallback: String(DEFAULTS.budgetUsd.task),
    example: '2.50',
  }),
  'budget.day': key(usd(), {
    description: 'The most this repository may spend in a day. Can lower the cap of the server, never raise it.',
    fallback: 'the cap of the server',
    example: '20',
  }),
  'budget.month': key(usd(), {
    description: 'The most this repository may spend in a month. Can lower the cap of the server, never raise it.',
    fallback: 'the cap of the server',
    example: '200',
  }),
  readiness: key(yesOrNo, {
    description:
      'Whether a small model looks at the request before money is spent on it, and asks at most three questions when it leaves something open. Costs at most 0.05 USD of the budget of the task.',
    fallback: 'false',
    example: 'true',
  }),
  quote_above: key(usd(), {
    description:
      'A task whose quote is above this many USD is not started at once: the reply says what it may cost and has the command that starts it. See [Models and tiers](models.md#quotes).',
    fallback: 'no threshold',
    example: '5',
  }),
  concurrency: key(whole({ min: 1, max: 10_000 }), {
    description:
      'Tasks of this repository that may run at the same time. Can lower the limit of the server, never raise it.',
    fallback: 'the limit of the server',
    example: '1',
  }),
  timeout: key(time(MAX_TIME), {
    description: 'How long a task may take.',
    fallback: '30m',
    example: '1h',
  }),
  idle_timeout: key(time(MAX_TIME), {
    description: 'How long the agent may make no progress.',
    fallback: '15m',
    example: '10m',
  }),
  max_turns: key(whole({ min: 1, max: 1_000 }), {
    description: 'Model turns of one attempt.',
    fallback: String(DEFAULTS.maxTurns),
    example: '60',
  }),
  base: key(BRANCH, {
    description: 'The branch to start from and to open the pull request against.',
    fallback: 'the default branch',
    example: 'develop',
  }),
  setup: key(setup, {
    description:
      'How to install what the repository needs, before the agent starts. `auto` detects it from lock files, `none` switches it off; a list runs one command after the other. See [Your repository and Bosun](your-repository.md).',
    fallback: 'auto',
    example: '[npm ci, npm run build]',
  }),
  setup_required: key(yesOrNo, {
    description: 'Whether a set-up that fails ends the task. Otherwise the agent is informed and continues without it.',
    fallback: 'false',
    example: 'true',
  }),
  install_scripts: key(yesOrNo, {
    description: 'Whether a detected set-up may run the install scripts of packages.',
    fallback: 'true',
    example: 'false',
  }),
  'environment.ttl': key(time({ maxMs: 90 * 86_400_000, shown: '90 days' }), {
    description: 'How long an installed environment is reused for later tasks.',
    fallback: '7d',
    example: '1d',
  }),
  'environment.files': key(listOf(PATH, { allowed: 'a list of at most 50 paths', max: 50 }), {
    description:
      'Further files whose content decides whether set-up must run again, in addition to lock files and manifests.',
    fallback: '[]',
    example: '[scripts/setup.sh, tools.txt]',
  }),
  'checkout.depth': key(whole({ min: 0, max: 1_000_000 }), {
    description: 'How many commits of history the agent sees; 0 is all of them.',
    fallback: String(DEFAULTS.checkoutDepth),
    example: '0',
  }),
  'checkout.submodules': key(yesOrNo, {
    description:
      'Whether submodules are checked out, also those within others. Private ones need the App, and read access of the person who started the task; all have to be on the same GitHub server.',
    fallback: 'false',
    example: 'true',
  }),
  'checkout.lfs': key(yesOrNo, {
    description: 'Whether the files that Git LFS stores are fetched. Otherwise the agent sees their pointers.',
    fallback: 'false',
    example: 'true',
  }),
  'checkout.sparse': key(listOf(directory, { allowed: 'a list of at most 50 directories', max: 50 }), {
    description:
      'The only directories that are checked out, beside the files of the directories above them. A workspace needs the manifests of all its members.',
    fallback: 'all directories',
    example: '[packages/web, packages/core]',
  }),
  image: key(oneLine({ allowed: 'the name of an image that the operator offers', maxLength: 40 }), {
    description:
      'The image that workers of this repository run in, by the name the operator gave it, where they run in containers. See [Workers in containers](docker.md).',
    fallback: 'the default image of the server',
    example: 'python',
  }),
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
  agent: key(agent, {
    description:
      'The coding agent: `builtin`, the name of another one, or a command, which runs inside the worker. See [Coding agents](agents.md).',
    fallback: 'builtin',
    example: 'claude-code',
  }),
  instructions: key(text({ allowed: 'a text of at most 8000 characters', maxLength: 8_000 }), {
    description: 'Instructions for the agent in every task of this repository.',
    fallback: 'nothing',
    example: '"Keep public functions documented."',
  }),
  comments_from: key(choice(['writers', 'everyone']), {
    description:
      'Whose comments the agent reads. With `everyone`, people without write access can write into its prompt.',
    fallback: 'writers',
    example: 'writers',
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
  protected_paths: key(listOf(PATTERN, { allowed: 'a list of at most 200 path patterns', max: 200 }), {
    description: 'Paths a pull request of Bosun may not touch, in addition to the built-in list.',
    fallback: '[]',
    example: '["infra/**", "*.lock"]',
  }),
  secrets_allowed: key(
    listOf(allowedSecret, { allowed: 'a list of at most 200 path patterns or `sha256:` hashes', max: 200 }),
    {
      description:
        'What may look like a credential in a change: path patterns, or `sha256:` with at least 16 digits of the hash of one value, as the refusal names it. Keys that documentation prints pass in any case; credentials of the server never do.',
      fallback: '[]',
      example: '["test/fixtures/**", "sha256:0f1e2d3c4b5a6978"]',
    },
  ),
  prompt_tokens: key(whole({ min: 4_000, max: 500_000 }), {
    description: 'Tokens the prompt may have; the oldest comments are dropped first.',
    fallback: String(DEFAULTS.promptTokenBudget),
    example: '50000',
  }),
  allowed_bots: key(
    listOf(whole({ min: 1, max: 999_999_999_999 }), { allowed: 'a list of at most 50 numeric user ids', max: 50 }),
    {
      description: 'Bots that may run commands, by numeric user id, because names can be reused.',
      fallback: '[]',
      example: '[49699333]',
    },
  ),
} as const;

export type RepoKeyPath = keyof typeof REPO_KEYS;

function key<T>(reader: RepoReader<T>, told: Omit<RepoKey<T>, 'allowed' | 'read'>): RepoKey<T> {
  return { ...told, ...reader };
}
