import path from 'node:path';
import { readEnv, type Environment } from '../../config/server-config.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { readVersion } from '../version.ts';
import type { Check } from './check.ts';
import { listEffectiveSettings } from './effective-settings.ts';
import { renderCheck, renderSettings, renderVerdict } from './render-checks.ts';
import { examineSettings } from './examine-settings.ts';
import { startChecks, startWorkerChecks, type CheckRun } from './run-checks.ts';
import { findRepositoryProblem } from './checks/check-programs.ts';
import { judgeRepository, tryRepository } from './try-repository.ts';

/** `bosun doctor`: everything `bosun start` needs, tried for real. Exit code 1 when something would not work. */
export const doctorCommand: CliCommand = {
  name: 'doctor',
  summary: 'Check settings, database, keys and sandbox',
  positional: [],
  flags: {
    settings: { type: 'boolean', description: 'list every setting with its effective value; secrets are not shown' },
    agent: { type: 'string', value: 'NAME', description: 'try the program of a coding agent in a worker as well' },
    image: { type: 'string', value: 'NAME', description: 'look into an image that workers may run in as well' },
    repo: {
      type: 'string',
      value: 'PATH',
      description: 'only show what would be detected in a git repository of this machine, and try it in a worker',
    },
    json: { type: 'boolean', description: 'print one JSON document' },
  },
  examples: [
    'bosun doctor',
    'bosun doctor --repo .',
    'bosun doctor --settings',
    'bosun doctor --agent claude-code',
    'bosun doctor --image python',
    'bosun doctor --json | jq ".checks[] | select(.state == \\"fail\\")"',
  ],
  async run({ flags, output }) {
    const env = readEnv();
    const version = readVersion();
    const settings = flags['settings'] === true ? listEffectiveSettings(env) : null;
    if (!output.json) {
      output.result(`${output.strong('Bosun')} ${version}\n`);
      if (settings !== null) {
        output.result(renderSettings(settings, output));
      }
    }
    if (typeof flags['repo'] === 'string') {
      return checkRepository(path.resolve(flags['repo']), { env, version, output });
    }
    const agent = flags['agent'];
    const image = flags['image'];
    const runs = startChecks({
      env,
      version,
      onProgress: output.json ? () => undefined : output.progress,
      ...(typeof agent === 'string' ? { agent } : {}),
      ...(typeof image === 'string' ? { image } : {}),
    });
    const checks = output.json ? await collect(runs) : await showInOrder(runs, output);
    const failed = checks.some((check) => check.state === 'fail');
    if (output.json) {
      output.document({ version, ok: !failed, checks, ...(settings === null ? {} : { settings }) });
    } else {
      output.result(`\n${renderVerdict(checks, output)}`);
    }
    return failed ? EXIT.failed : EXIT.done;
  },
};

/** What a worker needs, and then the repository itself in one. */
async function checkRepository(
  directory: string,
  { env, output, version }: { env: Environment; output: Output; version: string },
): Promise<number> {
  const runs = startWorkerChecks(env);
  const before = output.json ? await collect(runs) : await showInOrder(runs, output);
  const problem = await findRepositoryProblem(directory);
  if (problem !== null || before.some(({ state }) => state === 'fail')) {
    const checks = problem === null ? [] : [problem];
    return endWith([...before, ...checks], { shown: checks, document: { version }, output });
  }
  const { config } = examineSettings(env).examined;
  const trial = await tryRepository({
    directory,
    compute: config.compute,
    env,
    onProgress: (sentence) => output.status(output.quiet(`  … ${sentence}`.slice(0, output.columns - 1))),
  });
  output.status('');
  const checks = judgeRepository(trial);
  return endWith([...before, ...checks], { shown: checks, document: { version, repository: trial }, output });
}

function endWith(
  checks: readonly Check[],
  { document, output, shown }: { document: object; output: Output; shown: readonly Check[] },
): number {
  const failed = checks.some((check) => check.state === 'fail');
  if (output.json) {
    output.document({ ...document, ok: !failed, checks });
  } else {
    shown.forEach((check) => output.result(renderCheck(check, output)));
    output.result(`\n${renderVerdict(checks, output)}`);
  }
  return failed ? EXIT.failed : EXIT.done;
}

async function collect(runs: readonly CheckRun[]): Promise<Check[]> {
  return (await Promise.all(runs.map((run) => run.result))).flat();
}

/** Each is shown as soon as it and those above it are done; until then the last line says what is still being tried. */
async function showInOrder(runs: readonly CheckRun[], output: Output): Promise<Check[]> {
  const waiting = new Set(runs.map((run) => run.name));
  const shown: Check[] = [];
  function showWaiting(): void {
    const line = `  … ${[...waiting].join(', ')}`.slice(0, output.columns - 1);
    output.status(waiting.size === 0 ? '' : output.quiet(line));
  }
  async function watch(run: CheckRun): Promise<void> {
    await run.result;
    waiting.delete(run.name);
    showWaiting();
  }
  const watches = runs.map(watch);
  showWaiting();
  for (const run of runs) {
    for (const check of await run.result) {
      output.result(renderCheck(check, output));
      shown.push(check);
    }
    showWaiting();
  }
  await Promise.all(watches);
  return shown;
}
