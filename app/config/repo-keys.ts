import { TIERS } from '../../protocol/index.ts';
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
} from './repo/repo-values.ts';
import { key } from './repo/repo-key.ts';
import { REVIEW_KEYS } from './repo/review-keys.ts';

const MODEL = oneLine({ allowed: 'a model id', maxLength: 100 });
const BRANCH = oneLine({ allowed: 'a branch name', maxLength: 250 });
const PATH = oneLine({ allowed: 'a path', maxLength: 250 });
const PATTERN = oneLine({ allowed: 'a path pattern', maxLength: 250 });
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
  ...REVIEW_KEYS,
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
