import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';
import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import { readEnv } from '../../config/server-config.ts';

const ROOT = new URL('../../..', import.meta.url);

/** One run of the Action, as a runner would start it. */
export interface BundleRun {
  /** `main.mjs`; the committed bundle by default. */
  readonly main?: string;
  /** A directory of its own for the files of the run; made when it is not there. */
  readonly directory: string;
  readonly github: Pick<LocalGitHub, 'apiUrl' | 'url'>;
  readonly repository: string;
  readonly event: WorkflowEvent;
  /** `github.token` of the run. */
  readonly token: string;
  /** The `with:` of the step; what is missing takes the default of action.yml. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The `env:` of the step. */
  readonly env?: Readonly<Record<string, string>>;
  readonly runAttempt?: number;
  readonly onLine?: (line: string) => void;
}

export interface WorkflowEvent {
  readonly name: string;
  readonly payload: unknown;
}

export interface BundleResult {
  readonly exitCode: number | null;
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown of the job summary. */
  readonly summary: string;
  /** Everything it printed, with the commands to the runner. */
  readonly log: string;
}

export interface RunningBundle {
  readonly done: Promise<BundleResult>;
  /** What a runner sends when the job is cancelled. */
  signal(name: NodeJS.Signals): void;
}

/** Starts the bundle with the files and variables of a runner; nothing but the search path comes from this process. */
export async function runBundle(run: BundleRun): Promise<RunningBundle> {
  const files = await writeFiles(run);
  const environment: Record<string, string> = {
    PATH: readEnv()['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: run.directory,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: run.event.name,
    GITHUB_EVENT_PATH: files.event,
    GITHUB_OUTPUT: files.output,
    GITHUB_STEP_SUMMARY: files.summary,
    GITHUB_REPOSITORY: run.repository,
    GITHUB_API_URL: run.github.apiUrl,
    GITHUB_SERVER_URL: run.github.url,
    GITHUB_RUN_ID: '1',
    GITHUB_RUN_ATTEMPT: String(run.runAttempt ?? 1),
    RUNNER_TEMP: files.temporary,
    ...(await readDefaults(run.token)),
    ...Object.fromEntries(Object.entries(run.inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    ...run.env,
  };
  const main = run.main ?? new URL('action/dist/main.mjs', ROOT).pathname;
  const child = spawn(process.execPath, [main], {
    env: environment,
    cwd: run.directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      run.onLine?.(line);
    });
  }
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  async function collect(): Promise<BundleResult> {
    const exitCode = await closed;
    return {
      exitCode,
      outputs: parseOutputs(await readFile(files.output, 'utf8')),
      summary: await readFile(files.summary, 'utf8'),
      log: lines.join('\n'),
    };
  }
  return { done: collect(), signal: (name) => child.kill(name) };
}

/** The payload of what somebody just did, as a workflow run gets it: a webhook's without the installation. */
export async function takeEvent(github: LocalGitHub, act: () => void): Promise<WorkflowEvent> {
  github.setDeliveries('manual');
  await github.settled();
  const before = github.deliveries.length;
  act();
  await github.settled();
  const delivery = github.deliveries[before];
  if (delivery === undefined) {
    throw new Error('no event was sent that a workflow runs on');
  }
  const { installation: _installation, ...payload } = JSON.parse(delivery.body) as Record<string, unknown>;
  return { name: delivery.event, payload };
}

interface RunnerFiles {
  readonly event: string;
  readonly output: string;
  readonly summary: string;
  readonly temporary: string;
}

async function writeFiles(run: BundleRun): Promise<RunnerFiles> {
  const temporary = path.join(run.directory, 'temp');
  await mkdir(temporary, { recursive: true, mode: 0o755 });
  const files = {
    event: path.join(run.directory, 'event.json'),
    output: path.join(run.directory, 'output'),
    summary: path.join(run.directory, 'summary.md'),
    temporary,
  };
  await writeFile(files.event, JSON.stringify(run.event.payload));
  await writeFile(files.output, '');
  await writeFile(files.summary, '');
  return files;
}

/** Inputs nobody gave, as the runner fills them in from action.yml. */
async function readDefaults(token: string): Promise<Record<string, string>> {
  const text = await readFile(new URL('action.yml', ROOT), 'utf8');
  const { inputs } = parse(text) as { inputs: Record<string, { default?: string }> };
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [
      `INPUT_${name.toUpperCase()}`,
      (input.default ?? '').replace('${{ github.token }}', token),
    ]),
  );
}

/** The runner's file of outputs: `name<<DELIMITER`, lines, `DELIMITER`. */
function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const [name, delimiter] = (lines[at] ?? '').split('<<');
    if (name !== undefined && delimiter !== undefined) {
      const end = lines.indexOf(delimiter, at + 1);
      outputs[name] = lines.slice(at + 1, end).join('\n');
      at = end;
    }
  }
  return outputs;
}
