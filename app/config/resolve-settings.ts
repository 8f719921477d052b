import { takeStart, TIERS } from '../../protocol/index.ts';
import type { TaskTypeName } from '../../protocol/index.ts';
import { formatUsd } from '../budget/money.ts';
import { findPrice } from '../budget/prices.ts';
import type { NanoUsd, SettingFlags, TaskSettings } from '../task/task.ts';
import { decideRoute } from '../task/tiers/decide-route.ts';
import type { DecidedRoute } from '../task/tiers/decide-route.ts';
import { planRaises } from '../task/tiers/plan-raises.ts';
import { closestWord } from './closest-word.ts';
import { formatDuration } from './quantities.ts';
import type { RepoConfig } from './repo/to-config.ts';
import type { ServerConfig } from './server-config.ts';

export type ResolvedSettings =
  | { readonly ok: true; readonly settings: TaskSettings; readonly budgetNano: NanoUsd; readonly priority: number }
  /** `problem` is a sentence or two for the thread: what was asked, what is allowed, what to say instead. */
  | { readonly ok: false; readonly problem: string };

export interface SettingSources {
  readonly type: TaskTypeName;
  readonly flags: SettingFlags;
  readonly repoConfig: RepoConfig;
  readonly server: Pick<ServerConfig, 'limits' | 'defaults'>;
}

/**
 * The settings of a task: the command's flags before the repository's file before the server's defaults, nothing above
 * what the server allows. A flag above a cap is refused with the numbers; a file above a cap is lowered to it.
 */
export function resolveSettings(sources: SettingSources): ResolvedSettings {
  const { flags, repoConfig, server } = sources;
  const decided = decideRoute({
    type: sources.type,
    asked: flags,
    repository: repoConfig,
    tiers: server.defaults.tiers,
  });
  if (!decided.ok) {
    return { ok: false, problem: refuseTier(decided, sources) };
  }
  const { route } = decided;
  const { model } = route;
  const timeoutMs = flags.timeoutMs ?? Math.min(repoConfig.timeoutMs ?? server.defaults.timeoutMs, maxTimeout(server));
  const budgetNano = flags.budgetNano ?? defaultBudget(sources);
  const problem =
    refuseModel(model, sources) ??
    refuseImage(sources) ??
    refuseTimeout(timeoutMs, sources) ??
    refuseBudget(budgetNano, sources);
  if (problem !== null) {
    return { ok: false, problem };
  }
  return {
    ok: true,
    budgetNano,
    priority: flags.priority ?? server.defaults.priority,
    settings: {
      model,
      provider: route.provider,
      tier: route.tier,
      size: decided.size,
      fallbacks: route.fallbacks,
      readiness: repoConfig.readiness,
      raises: planRaises(route, decided.tiers),
      maxTurns: flags.maxTurns ?? repoConfig.maxTurns ?? server.defaults.maxTurns,
      timeoutMs,
      idleTimeoutMs: Math.min(repoConfig.idleTimeoutMs ?? server.defaults.idleTimeoutMs, timeoutMs),
      baseBranch: flags.base ?? repoConfig.base,
      path: flags.path ?? null,
      dryRun: flags.dryRun ?? false,
      setup: repoConfig.setup,
      environment: { ...repoConfig.environment, fresh: flags.fresh ?? false },
      checkout: repoConfig.checkout,
      image: repoConfig.image,
      verify: repoConfig.verify,
      steps: repoConfig.steps,
      verdict: repoConfig.verdict,
      agent: repoConfig.agent,
      limits: {
        concurrency: repoConfig.concurrency,
        dayNano: repoConfig.budget.dayNano,
        monthNano: repoConfig.budget.monthNano,
      },
      instructions: repoConfig.instructions,
      commentsFrom: repoConfig.commentsFrom,
      push: repoConfig.push ?? 'trusted',
      signedCommits: repoConfig.signedCommits,
      humanApproval: repoConfig.humanApproval,
      ...(repoConfig.chain.length > 0 && { chain: repoConfig.chain }),
      promptTokenBudget: Math.min(repoConfig.promptTokens ?? server.defaults.promptTokenBudget, 500_000),
      protectedPaths: repoConfig.protectedPaths,
      secretsAllowed: repoConfig.secretsAllowed,
      asked: flags,
    },
  };
}

function maxTimeout(server: SettingSources['server']): number {
  return server.limits.maxTimeoutMs;
}

/** A default never asks for more than the smallest cap it has to fit into. */
function defaultBudget({ repoConfig, server }: SettingSources): NanoUsd {
  const wanted = repoConfig.budget.taskNano ?? server.defaults.taskBudgetNano;
  return Math.min(wanted, ...taskCaps({ repoConfig, server }).map((cap) => cap.nano));
}

interface TaskCap {
  readonly nano: NanoUsd;
  readonly of: string;
}

/** Every cap a single task must fit into. */
function taskCaps({ repoConfig, server }: Pick<SettingSources, 'repoConfig' | 'server'>): TaskCap[] {
  const { budgets } = server.limits;
  const caps: readonly [NanoUsd | null, string][] = [
    [server.limits.taskBudgetNano, 'one task on this server'],
    [budgets.serverDayNano, 'this server in a day'],
    [budgets.repositoryDayNano, 'this repository in a day'],
    [budgets.repositoryMonthNano, 'this repository in a month'],
    [repoConfig.budget.dayNano, 'this repository in a day'],
    [repoConfig.budget.monthNano, 'this repository in a month'],
  ];
  return caps.flatMap(([nano, of]) => (nano === null ? [] : [{ nano, of }]));
}

function refuseModel(model: string, { repoConfig, server }: SettingSources): string | null {
  const allowed = repoConfig.models ?? [...server.defaults.prices.keys()];
  const isPriced = findPrice(server.defaults.prices, model) !== null;
  if (isPriced && (repoConfig.models === null || repoConfig.models.includes(model))) {
    return null;
  }
  const near = closestWord(model, allowed);
  const list = allowed
    .slice(0, 30)
    .map((name) => `\`${name}\``)
    .join(', ');
  const what = isPriced ? 'is not allowed in this repository' : 'has no known price';
  const hint = near === null || near === model ? '' : ` Did you mean \`${near}\`?`;
  const wayOut = isPriced
    ? 'or add it to `models` in `.github/bosun.yml`'
    : 'or let the operator add its price with `BOSUN_PRICES`';
  return `The model \`${printable(model)}\` ${what}.${hint} Name one of ${list} with \`--model\`, ${wayOut}.`;
}

function refuseTier(
  { tier, why }: Extract<DecidedRoute, { ok: false }>,
  { server }: Pick<SettingSources, 'server'>,
): string {
  const { tiers } = server.defaults;
  const others = TIERS.filter((one) => tiers[one].length > 0).map((one) => `\`${one}\``);
  return why === 'empty'
    ? `This server has no model in the tier \`${tier}\`. Use one of ${others.join(', ')}, or ask the operator to add models to \`tiers\` in \`BOSUN_CONFIG\`.`
    : `No model of the tier \`${tier}\` is in the list \`models\` of \`.github/bosun.yml\`. Use another tier, or add one of ${tiers[tier].map(({ model }) => `\`${printable(model)}\``).join(', ')} to that list.`;
}

function refuseImage({ repoConfig, server }: SettingSources): string | null {
  const { image } = repoConfig;
  const { images } = server.defaults;
  if (image === null || images?.includes(image) === true) {
    return null;
  }
  const asked = `\`.github/bosun.yml\` chooses the image \`${printable(image)}\``;
  if (images === null) {
    return `${asked}, but this server does not run workers in containers. Take the key \`image\` out, or ask the operator to set \`BOSUN_COMPUTE=docker\`.`;
  }
  const near = closestWord(image, images);
  const hint = near === null ? '' : ` Did you mean \`${near}\`?`;
  const offered = images.map((name) => `\`${name}\``).join(', ');
  return `${asked}, which this server does not offer.${hint} Name one of ${offered}, or ask the operator to add it to \`images\` in \`BOSUN_CONFIG\`.`;
}

function refuseTimeout(timeoutMs: number, { server }: SettingSources): string | null {
  const max = maxTimeout(server);
  return timeoutMs <= max
    ? null
    : `A time limit of ${formatDuration(timeoutMs)} is above the ${formatDuration(max)} that this server allows. Use \`--timeout ${Math.floor(max / 60_000)}\` or less, or split the issue.`;
}

function refuseBudget(budgetNano: NanoUsd, sources: SettingSources): string | null {
  const tightest = taskCaps(sources).toSorted((a, b) => a.nano - b.nano)[0];
  if (tightest === undefined || budgetNano <= tightest.nano) {
    return null;
  }
  return `A budget of $${formatUsd(budgetNano)} is not possible: ${tightest.of} may spend at most $${formatUsd(tightest.nano)}. Use \`--budget ${formatUsd(tightest.nano)}\` or less, or ask the operator to raise the cap.`;
}

function printable(text: string): string {
  return takeStart(text.replaceAll(/[\p{Cc}\p{Cf}`]/gu, '?'), 100);
}
