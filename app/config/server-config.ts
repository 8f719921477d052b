import { readFileSync } from 'node:fs';

import { PRICES, findPrice, type PriceTable } from '../budget/prices.ts';
import { usdToNano } from '../budget/money.ts';
import type { NanoUsd } from '../task/task.ts';
import type { TierTable } from '../task/tiers/model-tiers.ts';
import { closestWord } from './closest-word.ts';
import type { KubernetesConfig } from './cluster-sections.ts';
import { DEFAULTS } from './defaults.ts';
import { readApp, type AppSettings } from './app-settings.ts';
import { readDashboard, type DashboardConfig } from './dashboard-settings.ts';
import { readDoor, type DoorConfig } from './door-settings.ts';
import { imagesOffered, type ContainerConfig } from './images-section.ts';
import type { ProviderConfig } from './provider-section.ts';
import { GATE_SETTINGS, type GateLimits } from './gate-settings.ts';
import type { HttpSettings, ServerLimits, TaskDefaults } from './server-limits.ts';
import type { PackagesConfig } from './packages-config.ts';
import { readConfigFile, readPrices } from './read/read-files.ts';
import type { ArtifactsPlace } from './read/read-values.ts';
import { readProxy, readTraces, type ProxySettings, type TraceSettings } from './outside-settings.ts';
import { findWarnings } from './server-warnings.ts';
import { problemOf, type ConfigProblem, type Setting } from './setting.ts';
import { SETTINGS } from './settings.ts';
import { showSettings, type ShownSetting } from './shown-settings.ts';
import { completeTiers, findTierMistakes } from './tiers-section.ts';

/** What the operator asked for, checked. `app` and the model key may be absent: not every subcommand needs them. */
export interface ServerConfig {
  /** Null when none of the App's settings is given. */
  readonly app: AppSettings | null;
  readonly github: { readonly apiUrl: string; readonly serverUrl: string };
  readonly http: HttpSettings;
  readonly dashboard: DashboardConfig;
  /** What the operator may read of all settings. */
  readonly shown: readonly ShownSetting[];
  readonly roles: readonly ('web' | 'orchestrator' | 'door')[];
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly storage: {
    readonly dataDir: string;
    readonly databaseUrl: string | null;
    readonly sqs: { readonly queueUrl: string; readonly endpointUrl: string | null } | null;
    /** Null: below the data directory. */
    readonly artifacts: ArtifactsPlace | null;
    /** Days for which ended tasks are kept. */
    readonly retentionDays: number;
    /** Null: Amazon S3. */
    readonly s3EndpointUrl: string | null;
    /** Most that prepared environments may take, and as much again for downloaded packages. */
    readonly cacheBytes: number;
    /** Most that the LFS files of one checkout may have together. */
    readonly lfsBytes: number;
  };
  readonly model: {
    readonly apiKey: string | null;
    readonly baseUrl: string;
    readonly authStyle: 'x-api-key' | 'bearer';
    readonly prices: PriceTable;
  };
  /** From `providers:` of the configuration file. A model that several have is asked for at the first. */
  readonly providers: readonly ProviderConfig[];
  readonly compute: 'sandbox' | 'docker' | 'kubernetes' | 'process';
  /** For workers in containers, and read for them alone: others may have DOCKER_HOST set for another purpose. */
  readonly containers: ContainerConfig & { readonly socketPath: string };
  readonly kubernetes: KubernetesConfig;
  readonly door: DoorConfig;
  /** Limits of each worker, as the compute port takes them. */
  readonly worker: {
    readonly memoryBytes: number;
    readonly processes: number;
    readonly fileBytes: number;
    readonly outputBytes: number;
    /** Most it may write. */
    readonly diskBytes: number;
  };
  /** Directories with tools that workers may read. */
  readonly workerPaths: readonly string[];
  readonly packages: PackagesConfig;
  /** For requests to package registries; the usual variables. */
  readonly proxy: ProxySettings;
  readonly limits: ServerLimits;
  readonly gate: GateLimits;
  readonly defaults: TaskDefaults;
  /** Where spans go; null makes none. */
  readonly traces: TraceSettings | null;
}

export type ParsedServerConfig =
  | { readonly ok: true; readonly config: ServerConfig; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export type Environment = Readonly<Record<string, string | undefined>>;

/** The one place of the app that touches the environment. */
export function readEnv(): Environment {
  return { ...process.env };
}

/**
 * Reads the operator's settings. Every problem is found at once, so that one start shows all of them; the value of a
 * secret is in none. `readFile` reads the files that settings name.
 */
export function parseServerConfig(
  env: Environment,
  options: { readFile?: (path: string) => string } = {},
): ParsedServerConfig {
  const problems: ConfigProblem[] = [];
  const readFile = options.readFile ?? ((path) => readFileSync(path, 'utf8'));

  function given<T>(setting: Setting<T>): T | null {
    const text = env[setting.name]?.trim() ?? '';
    if (text === '') {
      return null;
    }
    const result = setting.read(text);
    if (!result.ok) {
      problems.push(problemOf(setting, { text, expected: result.expected }));
      return null;
    }
    return result.value;
  }

  function readOrFallback<T>(setting: Setting<T>): T {
    const value = given(setting);
    const fallback = setting.read(setting.fallback ?? '');
    if (value === null && !fallback.ok) {
      throw new Error(`${setting.name} has no default`);
    }
    return value ?? (fallback as { value: T }).value;
  }

  /** `none` is a value here, so that absence and `none` must be told apart. */
  function cap(setting: Setting<NanoUsd | null>): NanoUsd | null {
    const text = env[setting.name]?.trim() ?? '';
    return text.toLowerCase() === 'none' ? null : readOrFallback(setting);
  }

  function file(setting: Setting<string>): string | null {
    const path = given(setting);
    if (path === null) {
      return null;
    }
    try {
      return readFile(path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
      problems.push(problemOf(setting, { text: path, expected: `the path of a file that can be read (${code})` }));
      return null;
    }
  }

  const app = readApp({ isSet: (name) => (env[name]?.trim() ?? '') !== '', given, file, problems });
  const door = readDoor({ given, file, problems });
  const configFile = readConfigFile(file(SETTINGS.BOSUN_CONFIG), { env, problems });
  const apiKey = given(SETTINGS.ANTHROPIC_API_KEY);
  const own = readPrices(file(SETTINGS.BOSUN_PRICES), problems);
  const { providers } = configFile;
  // Without a key of its own, the models of the further providers are all there are
  const mainPrices = apiKey === null && providers.length > 0 ? new Map() : own;
  const prices = new Map([...mainPrices, ...providers.toReversed().flatMap((provider) => [...provider.prices])]);
  const model = readOrFallback(SETTINGS.BOSUN_MODEL);
  if (findPrice(prices, model) === null) {
    const near = closestWord(model, [...prices.keys()]);
    const hint = near === null ? '' : `; did you mean \`${near}\`?`;
    problems.push(
      problemOf(SETTINGS.BOSUN_MODEL, {
        text: model,
        expected: `a model of the price table (see BOSUN_PRICES)${hint}`,
      }),
    );
  }
  const tierFacts = {
    model,
    prices,
    providers: new Map([...providers.map((one) => [one.id, one.prices] as const), ['anthropic', mainPrices]]),
  };
  for (const found of findTierMistakes(configFile.tiers, tierFacts)) {
    const { name, example } = SETTINGS.BOSUN_CONFIG;
    problems.push({ name, expected: 'tiers whose models have a price at a provider of this server', found, example });
  }
  const tiers = completeTiers(configFile.tiers, tierFacts);
  const taskBudgetNano = cap(SETTINGS.BOSUN_BUDGET_TASK);
  const queueUrl = given(SETTINGS.SQS_QUEUE_URL);
  const compute = readOrFallback(SETTINGS.BOSUN_COMPUTE);
  const config: ServerConfig = {
    app,
    github: {
      apiUrl: readOrFallback(SETTINGS.GITHUB_API_URL),
      serverUrl: readOrFallback(SETTINGS.GITHUB_SERVER_URL),
    },
    http: {
      host: readOrFallback(SETTINGS.HOST),
      port: readOrFallback(SETTINGS.PORT),
      publicUrl: given(SETTINGS.BOSUN_URL),
      intake: readOrFallback(SETTINGS.BOSUN_INTAKE),
      metricsToken: given(SETTINGS.BOSUN_METRICS_TOKEN),
    },
    shown: showSettings(env),
    dashboard: readDashboard({ host: readOrFallback(SETTINGS.HOST), given, readOrFallback, problems }),
    roles: readOrFallback(SETTINGS.BOSUN_ROLES),
    logLevel: readOrFallback(SETTINGS.LOG_LEVEL),
    storage: {
      dataDir: readOrFallback(SETTINGS.BOSUN_DATA_DIR),
      databaseUrl: given(SETTINGS.DATABASE_URL),
      sqs: queueUrl === null ? null : { queueUrl, endpointUrl: given(SETTINGS.AWS_ENDPOINT_URL_SQS) },
      artifacts: given(SETTINGS.BOSUN_ARTIFACTS),
      retentionDays: readOrFallback(SETTINGS.BOSUN_RETENTION_DAYS),
      s3EndpointUrl: given(SETTINGS.AWS_ENDPOINT_URL_S3),
      cacheBytes: readOrFallback(SETTINGS.BOSUN_CACHE_SIZE),
      lfsBytes: readOrFallback(SETTINGS.BOSUN_LFS_SIZE),
    },
    model: {
      apiKey,
      baseUrl: readOrFallback(SETTINGS.ANTHROPIC_BASE_URL),
      authStyle: readOrFallback(SETTINGS.BOSUN_MODEL_AUTH),
      prices: mainPrices,
    },
    providers,
    compute,
    containers: {
      ...configFile.containers,
      socketPath: compute === 'docker' ? readOrFallback(SETTINGS.DOCKER_HOST) : '',
    },
    kubernetes: configFile.kubernetes,
    door,
    worker: {
      memoryBytes: readOrFallback(SETTINGS.BOSUN_WORKER_MEMORY),
      processes: readOrFallback(SETTINGS.BOSUN_WORKER_PROCESSES),
      fileBytes: readOrFallback(SETTINGS.BOSUN_WORKER_FILE_SIZE),
      outputBytes: readOrFallback(SETTINGS.BOSUN_WORKER_OUTPUT),
      diskBytes: readOrFallback(SETTINGS.BOSUN_WORKER_DISK),
    },
    workerPaths: given(SETTINGS.BOSUN_WORKER_PATHS) ?? [],
    packages: { builtIn: readOrFallback(SETTINGS.BOSUN_PACKAGES), registries: configFile.registries },
    proxy: readProxy({ given }),
    limits: {
      concurrency: {
        repository: readOrFallback(SETTINGS.BOSUN_CONCURRENCY_REPOSITORY),
        user: readOrFallback(SETTINGS.BOSUN_CONCURRENCY_USER),
        server: readOrFallback(SETTINGS.BOSUN_CONCURRENCY),
      },
      tasksPerUserPerHour: readOrFallback(SETTINGS.BOSUN_TASKS_PER_USER_PER_HOUR),
      budgets: {
        timeZone: readOrFallback(SETTINGS.BOSUN_TIME_ZONE),
        serverDayNano: cap(SETTINGS.BOSUN_BUDGET_SERVER_DAY),
        repositoryDayNano: cap(SETTINGS.BOSUN_BUDGET_REPOSITORY_DAY),
        repositoryMonthNano: cap(SETTINGS.BOSUN_BUDGET_REPOSITORY_MONTH),
      },
      taskBudgetNano,
      maxTimeoutMs: readOrFallback(SETTINGS.BOSUN_MAX_TIMEOUT),
    },
    gate: {
      maxCommits: readOrFallback(GATE_SETTINGS.BOSUN_GATE_COMMITS),
      maxFiles: readOrFallback(GATE_SETTINGS.BOSUN_GATE_FILES),
      maxPatchBytes: readOrFallback(GATE_SETTINGS.BOSUN_GATE_PATCH),
      maxBinaryBytes: readOrFallback(GATE_SETTINGS.BOSUN_GATE_BINARY),
    },
    defaults: taskDefaults({
      model,
      prices,
      tiers,
      taskBudgetNano,
      images: imagesOffered(compute, configFile.containers),
    }),
    traces: readTraces({ given, readOrFallback }),
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config, warnings: findWarnings(env, config) };
}

/** The limits and defaults of a server on which nothing is set; the Action and tests start from it. */
export function taskDefaults(
  options: {
    model?: string;
    prices?: PriceTable;
    tiers?: TierTable;
    taskBudgetNano?: NanoUsd | null;
    images?: readonly string[] | null;
  } = {},
): TaskDefaults {
  const budgetNano = usdToNano(DEFAULTS.budgetUsd.task);
  const { model = DEFAULTS.model, prices = PRICES } = options;
  return {
    model,
    maxTurns: DEFAULTS.maxTurns,
    timeoutMs: DEFAULTS.timeoutMs,
    idleTimeoutMs: DEFAULTS.idleTimeoutMs,
    priority: DEFAULTS.priority,
    promptTokenBudget: DEFAULTS.promptTokenBudget,
    taskBudgetNano: Math.min(budgetNano, options.taskBudgetNano ?? budgetNano),
    prices,
    tiers: options.tiers ?? completeTiers({}, { model, prices, providers: new Map() }),
    images: options.images ?? null,
  };
}
