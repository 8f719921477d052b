import { readEnv } from '../../config/server-config.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { readVersion } from '../version.ts';
import type { Check } from './check.ts';
import { listEffectiveSettings } from './effective-settings.ts';
import { renderCheck, renderSettings, renderVerdict } from './render-checks.ts';
import { startChecks, type CheckRun } from './run-checks.ts';

/** `bosun doctor`: everything `bosun start` needs, tried for real. Exit code 1 when something would not work. */
export const doctorCommand: CliCommand = {
  name: 'doctor',
  summary: 'Check settings, database, keys and sandbox',
  positional: [],
  flags: {
    settings: { type: 'boolean', description: 'list every setting with its effective value; secrets are not shown' },
    agent: { type: 'string', value: 'NAME', description: 'try the program of a coding agent in a worker as well' },
    image: { type: 'string', value: 'NAME', description: 'look into an image that workers may run in as well' },
    json: { type: 'boolean', description: 'print one JSON document' },
  },
  examples: [
    'bosun doctor',
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
