import { anyRepositoryScript } from '../../../demo/any-repository.ts';
import type { CommandRun } from '../../../protocol/index.ts';
import type { Environment } from '../../config/server-config.ts';
import type { CheckResult, CheckStep } from '../../task/checks/check.ts';
import { explainSetup, lastLines } from '../../task/environment/explain-setup.ts';
import { createLogger } from '../../telemetry/log.ts';
import { startDemoServers, type DemoServersOptions } from '../demo/start-demo-servers.ts';
import { NotStarted, runJourney, type Journey } from '../demo/run-journey.ts';
import { pickWorkerSettings } from '../demo/worker-settings.ts';
import { printable } from '../printable.ts';
import { fail, ok, warn, type Check } from './check.ts';

/** One command as a worker ran it. */
export interface TriedCommand {
  readonly phase: 'setup' | 'verify';
  readonly command: string;
  readonly exit_code: number | null;
  readonly ms: number;
  readonly cause: string | null;
  /** The last lines it printed; empty when it went well. */
  readonly output: string;
}

/** What a worker makes of a repository, before a task is paid for. */
export interface RepositoryTrial {
  readonly setup: {
    readonly commands: readonly string[];
    readonly source: string;
    readonly because: readonly string[];
  } | null;
  readonly verify: { readonly command: string; readonly source: string } | null;
  readonly runs: readonly TriedCommand[];
  /** Why nothing was tried, such as a mistake in the repository's file. */
  readonly refused: string | null;
}

/**
 * Plays a task on the repository with a scripted model, on a GitHub and a database of its own: what is detected, each
 * command of set-up in a prepare session, and each check in a check session, all with the operator's settings for workers.
 */
export async function tryRepository(request: {
  directory: string;
  compute: DemoServersOptions['compute'];
  env: Environment;
  onProgress: (sentence: string) => void;
  /** More settings, or others. */
  settings?: Readonly<Record<string, string>>;
}): Promise<RepositoryTrial> {
  const stage = await startDemoServers({
    script: anyRepositoryScript,
    compute: request.compute,
    settings: { ...pickWorkerSettings(request.env), ...request.settings },
    log: createLogger({ level: 'error', redact: (text) => text, destination: process.stderr }),
  });
  try {
    const journey = await runJourney(stage, {
      repository: request.directory,
      onEvent: (event) => {
        if (event.kind === 'task.progress' && ['setup', 'verify'].includes(event.data.phase)) {
          request.onProgress(`${event.data.phase}: ${printable(event.data.note ?? '')}`);
        }
      },
    });
    const { epoch, id } = journey.task;
    const attempt = await stage.bosun.storage.stores.attempts.find({ taskId: id, epoch });
    const environment = attempt?.environment ?? null;
    const checks = environment?.checks ?? [];
    return {
      setup: environment?.setup ?? null,
      verify: environment?.verify ?? describeChecks(checks),
      runs: [
        ...listSetup(journey, attempt?.prepareResult?.runs ?? []),
        ...(attempt?.checkResults ?? []).map(describeCheck),
      ],
      refused: attempt === null ? (journey.comment?.body ?? 'the task did not start') : null,
    };
  } catch (error) {
    if (error instanceof NotStarted) {
      return { setup: null, verify: null, runs: [], refused: error.message };
    }
    throw error;
  } finally {
    await stage.close();
  }
}

/** A session that a limit ended reported no command; what is known of it stands in the attempt. */
function listSetup(journey: Journey, runs: readonly CommandRun[]): TriedCommand[] {
  const listed = runs.map((run) => describeRun('setup', run));
  const { setup } = journey;
  const last = listed.at(-1);
  if (setup === undefined || setup === null || setup.cause === null) {
    return listed;
  }
  return last === undefined
    ? [
        {
          phase: 'setup',
          command: setup.command,
          exit_code: setup.exit_code,
          ms: setup.ms,
          cause: setup.cause,
          output: '',
        },
      ]
    : [...listed.slice(0, -1), { ...last, cause: setup.cause }];
}

function describeChecks(checks: readonly CheckStep[]): RepositoryTrial['verify'] {
  return checks.length === 0 ? null : { command: checks.map(({ run }) => run).join(' && '), source: 'file' };
}

/** The change of the trial is one file beside all others, so that a check that fails here fails at the base. */
function describeCheck({ head, step }: CheckResult): TriedCommand {
  const timedOut = head.cause === 'timed_out';
  return describeRun('verify', { ...head, command: step.run, timedOut });
}

function describeRun(phase: TriedCommand['phase'], run: CommandRun): TriedCommand {
  const hasFailed = run.exitCode !== 0;
  const output = hasFailed ? lastLines(run.outputTail) : '';
  const facts = {
    exitCode: run.exitCode,
    timedOut: run.timedOut === true,
    output,
    sessionOutput: '',
    outOfMemory: false,
  };
  return {
    phase,
    command: run.command,
    exit_code: run.exitCode,
    ms: Math.round(run.durationMs),
    cause: hasFailed ? explainSetup(facts) : null,
    output,
  };
}

const NAMES = { setup: 'set-up', verify: 'tests' } as const;
const OVERRIDE = 'Write what is right into `setup` and `verify` of .github/bosun.yml.';

/** The trial as checks. Tests that fail are the repository's own matter; a command that cannot run is not. */
export function judgeRepository(trial: RepositoryTrial): Check[] {
  if (trial.refused !== null) {
    return [fail('repository', trial.refused, 'Correct .github/bosun.yml, commit it and try again.')];
  }
  return [describeDetected(trial), ...trial.runs.map(judgeRun)];
}

function describeDetected({ setup, verify }: RepositoryTrial): Check {
  if (setup === null && verify === null) {
    return warn('detected', 'nothing to install and no tests', OVERRIDE);
  }
  const from = setup === null || setup.because.length === 0 ? '' : ` by ${setup.because.join(', ')}`;
  const source = setup?.source === 'file' ? ' in .github/bosun.yml' : from;
  const what = setup === null ? 'nothing to install' : `${setup.commands.length} set-up commands${source}`;
  return verify === null
    ? warn('detected', `${what}; no tests`, 'Name the tests with `verify` in .github/bosun.yml.')
    : ok('detected', `${what}; tests with \`${verify.command}\``);
}

function judgeRun(run: TriedCommand): Check {
  const seconds = `${(run.ms / 1_000).toFixed(1)} s`;
  const exit =
    run.exit_code === null ? `did not end by itself (${seconds})` : `exit code ${run.exit_code} after ${seconds}`;
  const found = `\`${run.command}\`: ${exit}`;
  if (run.exit_code === 0) {
    return ok(NAMES[run.phase], found);
  }
  const isMissing = run.exit_code === 127 || run.exit_code === 126;
  const said = run.phase === 'setup' ? '' : `; ${isMissing ? 'missing' : 'red at the base'}`;
  const more = run.output === '' ? `${found}${said}` : `${found}${said}\n${run.output}`;
  const remedy = run.cause === null ? OVERRIDE : `Likely cause: ${run.cause}`;
  const isOwnMatter = run.phase === 'verify' && run.exit_code !== null && run.exit_code < 126;
  return isOwnMatter ? warn(NAMES[run.phase], more, remedy) : fail(NAMES[run.phase], more, remedy);
}
