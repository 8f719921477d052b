import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseServerConfig, type Environment, type ServerConfig } from '../app/config/server-config.ts';
import { parseWhole } from '../app/config/quantities.ts';
import { DEFAULTS } from '../app/config/defaults.ts';
import { readEvent, type WorkflowEvent } from './inputs/read-event.ts';
import { DEFAULT_PHRASE, readTrigger } from './inputs/read-trigger.ts';

/** Inputs of action.yml, and the operator's setting of the App that means the same; null where there is none. */
export const INPUTS = {
  anthropic_api_key: 'ANTHROPIC_API_KEY',
  github_token: null,
  trigger_phrase: null,
  label_trigger: null,
  budget_usd: 'BOSUN_BUDGET_TASK',
  model: 'BOSUN_MODEL',
  max_turns: null,
  timeout_minutes: 'BOSUN_MAX_TIMEOUT',
} as const;
export type InputName = keyof typeof INPUTS;

/** Settings of the App that a step may also be given, in its `env`. */
const SETTINGS = [
  'GITHUB_API_URL',
  'GITHUB_SERVER_URL',
  'ANTHROPIC_BASE_URL',
  'BOSUN_MODEL_AUTH',
  'BOSUN_PRICES',
  'BOSUN_COMPUTE',
  'BOSUN_WORKER_MEMORY',
  'BOSUN_WORKER_PROCESSES',
  'BOSUN_WORKER_FILE_SIZE',
  'BOSUN_WORKER_OUTPUT',
  'BOSUN_WORKER_DISK',
  'BOSUN_WORKER_PATHS',
] as const;

/** What the workflow asks for, checked. */
export interface Inputs {
  /** As the App would read it: limits, defaults, model, worker; `app` is null. */
  readonly config: ServerConfig & { readonly model: { readonly apiKey: string } };
  readonly githubToken: string;
  /** Null takes the sandbox where there is one, and a plain process, with a warning, where there is none. */
  readonly compute: 'sandbox' | 'process' | null;
  /** Prefix of commands; null leaves it to the repository's file. */
  readonly prefix: string | null;
  readonly label: string;
  readonly event: WorkflowEvent;
  /** From 1; a person who presses "Re-run" raises it. */
  readonly runAttempt: number;
  /** Page of this workflow run; null outside of one. */
  readonly runUrl: string | null;
  /** A directory for this job alone. */
  readonly temporary: string;
  readonly hasSummary: boolean;
}

export type ReadInputs =
  | { readonly ok: true; readonly inputs: Inputs }
  /** Each a sentence that names the input. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** The one place of the Action that reads the environment. */
export function readInputs(): ReadInputs {
  return parseInputs(process.env, { readFile: (path) => readFileSync(path, 'utf8') });
}

/** Values that must not be shown, for the runner to mask, whatever else is wrong. */
export function secretsOf(env: Environment = process.env): string[] {
  return [inputOf(env, 'anthropic_api_key'), inputOf(env, 'github_token')].filter((secret) => secret !== '');
}

/** Every problem is found at once; the value of a secret is in none. */
export function parseInputs(env: Environment, options: { readFile: (path: string) => string }): ReadInputs {
  const problems: string[] = [];
  for (const name of ['anthropic_api_key', 'github_token'] as const) {
    if (inputOf(env, name) === '') {
      problems.push(MISSING[name]);
    }
  }
  const trigger = readTrigger(inputOf(env, 'trigger_phrase') || DEFAULT_PHRASE);
  if (!trigger.ok) {
    problems.push(
      `Input \`trigger_phrase\`: expected a prefix and the word implement, such as \`/implement\`, \`/bosun implement\` or \`@bosun implement\`, found \`${inputOf(env, 'trigger_phrase')}\`.`,
    );
  }
  const maxTurns = whole('max_turns', { min: 1, max: 1_000 });
  const minutes = whole('timeout_minutes', { min: 1, max: DEFAULTS.maxTimeoutMs / 60_000 });
  const parsed = parseServerConfig(settingsOf(env), { readFile: options.readFile });
  if (!parsed.ok) {
    problems.push(
      ...parsed.problems.map(
        (problem) => `${nameOf(problem.name)}: expected ${problem.expected}, found ${problem.found}.`,
      ),
    );
  }
  const compute = (env['BOSUN_COMPUTE'] ?? '').trim().toLowerCase();
  if (parsed.ok && !['', 'sandbox', 'process'].includes(compute)) {
    problems.push(
      `Setting \`BOSUN_COMPUTE\`: expected \`sandbox\` or \`process\` in a workflow, found \`${compute}\`.`,
    );
  }
  const event = readEvent({
    name: env['GITHUB_EVENT_NAME'] ?? '',
    file: readOr(options.readFile, env['GITHUB_EVENT_PATH'] ?? ''),
    repository: env['GITHUB_REPOSITORY'] ?? '',
  });
  if (!event.ok) {
    problems.push(event.problem);
  }
  if (problems.length > 0 || !trigger.ok || !event.ok || !parsed.ok) {
    return { ok: false, problems };
  }
  const { config } = parsed;
  const server = env['GITHUB_SERVER_URL'] ?? '';
  const run = env['GITHUB_RUN_ID'] ?? '';
  return {
    ok: true,
    inputs: {
      config: {
        ...config,
        model: { ...config.model, apiKey: inputOf(env, 'anthropic_api_key') },
        defaults: {
          ...config.defaults,
          // What a cap leaves: the default of 5 USD would make a larger `budget_usd` useless without a flag.
          taskBudgetNano: config.limits.taskBudgetNano ?? config.defaults.taskBudgetNano,
          maxTurns: maxTurns ?? config.defaults.maxTurns,
          timeoutMs: minutes === null ? config.defaults.timeoutMs : minutes * 60_000,
        },
      },
      githubToken: inputOf(env, 'github_token'),
      compute: compute === '' ? null : (compute as 'sandbox' | 'process'),
      prefix: trigger.prefix,
      label: inputOf(env, 'label_trigger') || 'bosun',
      event: event.event,
      runAttempt: Math.max(1, Number(env['GITHUB_RUN_ATTEMPT'] ?? '1') || 1),
      runUrl: run === '' ? null : `${server}/${env['GITHUB_REPOSITORY'] ?? ''}/actions/runs/${run}`,
      temporary: env['RUNNER_TEMP'] || tmpdir(),
      hasSummary: (env['GITHUB_STEP_SUMMARY'] ?? '') !== '',
    },
  };

  function whole(name: 'max_turns' | 'timeout_minutes', bounds: { min: number; max: number }): number | null {
    const text = inputOf(env, name);
    const value = text === '' ? null : parseWhole(text, bounds);
    if (text !== '' && value === null) {
      problems.push(
        `Input \`${name}\`: expected a whole number from ${bounds.min} to ${bounds.max}, found \`${text}\`.`,
      );
    }
    return value;
  }
}

const MISSING = {
  anthropic_api_key:
    'Input `anthropic_api_key` is missing. Add the key as a secret of the repository and pass it: `anthropic_api_key: ${{ secrets.ANTHROPIC_API_KEY }}`. Secrets are empty in runs triggered by forks.',
  github_token:
    'Input `github_token` is empty. Leave it out to use the token of the workflow, or pass one that may write.',
} as const;

/** The runner hands inputs over as `INPUT_NAME`. */
function inputOf(env: Environment, name: InputName): string {
  return (env[`INPUT_${name.toUpperCase()}`] ?? '').trim();
}

function settingsOf(env: Environment): Environment {
  const minutes = inputOf(env, 'timeout_minutes');
  return {
    ...Object.fromEntries(SETTINGS.map((name) => [name, env[name]])),
    ANTHROPIC_API_KEY: inputOf(env, 'anthropic_api_key'),
    BOSUN_BUDGET_TASK: inputOf(env, 'budget_usd'),
    BOSUN_MODEL: inputOf(env, 'model'),
    // A wrong number is told once, by its input.
    ...(parseWhole(minutes, { min: 1, max: DEFAULTS.maxTimeoutMs / 60_000 }) === null
      ? {}
      : { BOSUN_MAX_TIMEOUT: `${minutes}m` }),
  };
}

/** A problem of a setting is a problem of the input that was behind it. */
function nameOf(setting: string): string {
  const input = Object.entries(INPUTS).find(([, name]) => name === setting)?.[0];
  return input === undefined ? `Setting \`${setting}\`` : `Input \`${input}\``;
}

function readOr(readFile: (path: string) => string, path: string): string | null {
  try {
    return path === '' ? null : readFile(path);
  } catch {
    // Told as an event file that cannot be read.
    return null;
  }
}
