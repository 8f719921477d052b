import path from 'node:path';
import { takeStart } from '../../../protocol/index.ts';
import { missingForStart } from '../../config/app-settings.ts';
import { parseServerConfig, readEnv, type Environment, type ServerConfig } from '../../config/server-config.ts';
import { renderConfigProblem, type ConfigProblem } from '../../config/setting.ts';
import type { CliCommand, FlagValues } from '../command.ts';
import { pickSettings } from '../demo/worker-settings.ts';
import { findRepositoryProblem } from '../doctor/checks/check-programs.ts';
import { EXIT } from '../exit-codes.ts';
import { nextSignal } from '../next-signal.ts';
import { findUncommitted } from './bring-back.ts';
import { renderRunResult } from './render-run.ts';
import { runLocally } from './run-locally.ts';

const MAX_TITLE = 120;
const ISSUE = /^[\w.-]+\/[\w.-]+#\d+$/;
/** Flags of `/implement` that mean the same here. */
const TASK_FLAGS = ['budget', 'model', 'max-turns', 'timeout', 'path'] as const;

/** `bosun run PATH "what to do"`: one task on a repository of this machine, without a server or GitHub. */
export const runCommand: CliCommand = {
  name: 'run',
  summary: 'Do one task in a git repository of this machine and leave a branch there',
  positional: ['PATH', 'TEXT'],
  flags: {
    budget: { type: 'string', value: 'USD', description: 'most that the task may cost (5 by default)' },
    model: { type: 'string', value: 'NAME', description: 'the model to use' },
    'max-turns': { type: 'string', value: 'N', description: 'most turns of the agent' },
    timeout: { type: 'string', value: 'MINUTES', description: 'most time for the task' },
    path: { type: 'string', value: 'DIR', description: 'the directory of the repository that it is about' },
    patch: { type: 'boolean', description: 'print the change as a patch instead of making a branch' },
    process: { type: 'boolean', description: 'run the worker as a plain process, without the sandbox' },
    json: { type: 'boolean', description: 'print one JSON document' },
  },
  examples: [
    'bosun run . "Fix the rounding in formatDuration and add a test"',
    'bosun run ~/src/app "Update the README for version 2" --budget 1',
    'bosun run . "Remove the unused exports" --patch | git apply --index',
  ],
  async run({ args, flags, output }) {
    const [place = '', text = ''] = args;
    const directory = path.resolve(place);
    if (ISSUE.test(place)) {
      output.problem(
        `${place} is an issue on GitHub`,
        'Comment `/implement` on it where the App or the Action runs. This command takes a directory and a text.',
      );
      return EXIT.usage;
    }
    if (text.trim() === '') {
      output.problem('the task is empty', 'Say what is to be done: bosun run . "Fix the rounding in formatDuration".');
      return EXIT.usage;
    }
    if (flags['patch'] === true && output.json) {
      output.problem('--patch and --json cannot be combined', 'The document of --json names the branch.');
      return EXIT.usage;
    }
    const broken = await findRepositoryProblem(directory);
    if (broken !== null) {
      output.problem(broken.found, broken.remedy ?? '');
      return EXIT.usage;
    }
    const settings = readSettings(readEnv(), flags);
    if (!settings.ok) {
      settings.problems.forEach((problem) => output.problem(renderConfigProblem(problem), ''));
      return EXIT.usage;
    }
    const uncommitted = await findUncommitted(directory);
    if (uncommitted > 0) {
      output.progress(`warning: ${uncommitted} uncommitted changes are not part of what the agent sees.`);
    }
    const run = runLocally(
      { directory, ...describeTask(text, flags), settings: settings.values, compute: settings.compute },
      { output, bringBack: flags['patch'] === true ? 'patch' : 'branch' },
    );
    const ended = await Promise.race([run.result, nextSignal()]);
    if (typeof ended === 'string') {
      output.progress(`${ended}: stopping. Nothing was changed in ${directory}.`);
      await run.stop();
      return EXIT.failed;
    }
    if (output.json) {
      output.document(ended.document);
    } else if (ended.patch !== null) {
      output.file(ended.patch);
      output.progress(renderRunResult(ended.document, output));
    } else {
      output.result(renderRunResult(ended.document, output));
    }
    return ended.document.state === 'COMPLETED' ? EXIT.done : EXIT.failed;
  },
};

function describeTask(text: string, flags: FlagValues): { title: string; body: string; command: string } {
  const firstLine = text.trim().split('\n')[0] ?? '';
  const title = firstLine.length > MAX_TITLE ? `${takeStart(firstLine, MAX_TITLE - 1)}…` : firstLine;
  const given = TASK_FLAGS.flatMap((flag) => (typeof flags[flag] === 'string' ? [`--${flag} ${flags[flag]}`] : []));
  return { title, body: text, command: ['/implement', ...given].join(' ') };
}

type Settings =
  | { readonly ok: true; readonly values: Record<string, string>; readonly compute: ServerConfig['compute'] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** What a run takes from the environment: the model, workers and limits. Database and GitHub are its own. */
function readSettings(env: Environment, flags: FlagValues): Settings {
  const values = pickSettings(env, ['Worker', 'Model', 'Limits']);
  const compute = flags['process'] === true ? 'process' : (env['BOSUN_COMPUTE'] ?? 'sandbox');
  const parsed = parseServerConfig({ ...values, BOSUN_COMPUTE: compute });
  if (!parsed.ok) {
    return { ok: false, problems: parsed.problems };
  }
  const { config } = parsed;
  // The App's own settings are made up for the run.
  const problems = missingForStart({ ...config, app: { appId: 1, privateKey: '', webhookSecrets: [] } });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, values, compute: config.compute };
}
