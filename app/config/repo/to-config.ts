import type { Tier } from '../../../protocol/index.ts';
import { FIXES } from '../../task/checks/fixes.ts';
import { SEQUENCE, type TaskSteps } from '../../task/checks/steps.ts';
import type { CheckoutSettings, EnvironmentSettings, NanoUsd, StopEvent, TaskSettings } from '../../task/task.ts';
import type { PushRule } from '../../task/question.ts';
import { DEFAULTS } from '../defaults.ts';
import type { REPO_KEYS, RepoKeyPath } from '../repo-keys.ts';

/** `.github/bosun.yml`, checked. Null is "not said": the server's value holds. */
export interface RepoConfig {
  /** Ends in a blank unless it is `/`. */
  readonly prefix: string;
  /** Label, folded by `labelKey` → command text without a prefix, such as `implement --budget 3`. Has no prototype. */
  readonly labels: Readonly<Record<string, string>>;
  /** What happens to an issue that stops its task. */
  readonly stopOn: readonly StopEvent[];
  readonly model: string | null;
  /** The only models allowed; null allows every model with a price. */
  readonly models: readonly string[] | null;
  /** Null: by type and size. */
  readonly tier: Tier | null;
  readonly budget: {
    readonly taskNano: NanoUsd | null;
    readonly dayNano: NanoUsd | null;
    readonly monthNano: NanoUsd | null;
  };
  readonly quoteAboveNano: NanoUsd | null;
  readonly readiness: boolean;
  readonly concurrency: number | null;
  readonly timeoutMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly maxTurns: number | null;
  readonly base: string | null;
  /** Null detects it; an empty list is no set-up. */
  readonly setup: readonly string[] | null;
  readonly environment: EnvironmentSettings;
  readonly checkout: CheckoutSettings;
  /** Name of an image that the operator offers; null is the default one. */
  readonly image: string | null;
  /** Null detects it; `none` runs nothing. */
  readonly verify: string | null;
  readonly steps: TaskSteps;
  readonly verdict: NonNullable<TaskSettings['verdict']>;
  readonly agent: TaskSettings['agent'];
  readonly instructions: string | null;
  readonly commentsFrom: 'writers' | 'everyone';
  readonly push: PushRule | null;
  /** Null: where the branch requires it. */
  readonly signedCommits: boolean | null;
  readonly humanApproval: NonNullable<TaskSettings['humanApproval']>;
  /** What starts a task on a pull request of Bosun by itself. */
  readonly autoFix: { readonly reviews: boolean; readonly checks: boolean; readonly attempts: number };
  /** What follows a task of an issue by itself. */
  readonly chain: NonNullable<TaskSettings['chain']>;
  readonly protectedPaths: readonly string[];
  readonly secretsAllowed: readonly string[];
  readonly promptTokens: number | null;
  /** Numeric user ids. */
  readonly allowedBots: readonly number[];
}

/** Values by the path of their key. */
export type Found = Map<string, unknown>;

/** The labels of a repository whose file names none. */
export function defaultLabels(): Readonly<Record<string, string>> {
  const labels = { bosun: 'implement', 'bosun:implement': 'implement', 'bosun:plan': 'plan' };
  return Object.assign(Object.create(null) as Record<string, string>, labels);
}

/** What was found, with the defaults for what was not. */
export function toConfig(found: Found): RepoConfig {
  function get<P extends RepoKeyPath>(path: P): ValueOf<P> | null {
    return (found.get(path) as ValueOf<P> | undefined) ?? null;
  }
  return {
    prefix: get('commands.prefix') ?? '/',
    labels: get('labels') ?? defaultLabels(),
    stopOn: get('stop_on') ?? ['closed', 'unlabeled'],
    model: get('model'),
    models: get('models'),
    tier: get('tier'),
    budget: { taskNano: get('budget.task'), dayNano: get('budget.day'), monthNano: get('budget.month') },
    quoteAboveNano: get('quote_above'),
    readiness: get('readiness') ?? false,
    concurrency: get('concurrency'),
    timeoutMs: get('timeout'),
    idleTimeoutMs: get('idle_timeout'),
    maxTurns: get('max_turns'),
    base: get('base'),
    setup: unlessAuto(get('setup')),
    environment: {
      required: get('setup_required') ?? false,
      installScripts: get('install_scripts') ?? true,
      ttlMs: get('environment.ttl') ?? DEFAULTS.environmentTtlMs,
      files: get('environment.files') ?? [],
      fresh: false,
    },
    checkout: {
      depth: get('checkout.depth') ?? DEFAULTS.checkoutDepth,
      submodules: get('checkout.submodules') ?? false,
      lfs: get('checkout.lfs') ?? false,
      sparse: get('checkout.sparse') ?? [],
    },
    image: get('image'),
    verify: unlessAuto(get('verify')),
    steps: {
      before: get('steps.before'),
      after: get('steps.after'),
      sequence: get('steps.sequence') ?? SEQUENCE,
    },
    verdict: {
      judge: get('judge') ?? false,
      fixes: get('fixes') ?? FIXES,
      readyWhenPassed: get('ready_when_passed') ?? false,
    },
    agent: get('agent') ?? { kind: 'builtin' },
    instructions: get('instructions'),
    commentsFrom: get('comments_from') ?? 'writers',
    push: get('push'),
    signedCommits: get('signed_commits'),
    humanApproval: { notRequester: get('human_approval.not_requester') ?? false },
    autoFix: {
      reviews: get('auto_fix.reviews') ?? false,
      checks: get('auto_fix.checks') ?? false,
      attempts: get('auto_fix.attempts') ?? DEFAULTS.autoFixAttempts,
    },
    chain: (get('chain') ?? []).filter((link) => link !== 'implement'),
    protectedPaths: get('protected_paths') ?? [],
    secretsAllowed: get('secrets_allowed') ?? [],
    promptTokens: get('prompt_tokens'),
    allowedBots: get('allowed_bots') ?? [],
  };
}

function unlessAuto<T>(value: T | null): Exclude<T, 'auto'> | null {
  return value === 'auto' ? null : (value as Exclude<T, 'auto'> | null);
}

type ValueOf<P extends RepoKeyPath> = Extract<ReturnType<(typeof REPO_KEYS)[P]['read']>, { ok: true }>['value'];
