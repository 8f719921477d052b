import { rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { takeStart } from '../protocol/index.ts';
import type { CommandRun, PrepareJob, PrepareResult } from '../protocol/index.ts';
import type { Events } from './door/events.ts';
import { homeOf, sendEnvironment } from './carry-environment.ts';
import { checkOutUnlessStopped } from './git/checkout.ts';
import type { Checkout } from './git/checkout.ts';
import { git } from './git/run-git.ts';
import { listSubmoduleFiles } from './git/submodules.ts';
import type { Submodule } from './git/submodules.ts';
import { INSTALL_HEADERS, lacksHeaders } from './node-headers.ts';
import { openPackages } from './packages/open-packages.ts';
import { runCommand } from './run-command.ts';
import { describeStop } from './run-worker.ts';
import type { StopSignals } from './stop-signals.ts';
import { toolEnvironment } from './tool-environment.ts';

export interface PrepareContext {
  readonly job: PrepareJob;
  /** The door's base URL as programs see it. */
  readonly doorUrl: string;
  readonly baseEnv: Readonly<Record<string, string>>;
  readonly events: Events;
  readonly signals: StopSignals;
  readonly redact: (text: string) => string;
}

/** By which a command says that the task has nothing to do. */
const NOTHING_TO_DO = 78;

/**
 * Clones the base commit, runs the set-up commands, and leaves in the work directory and the home only what they made:
 * that is the environment. The files of the commit itself are taken out again, so that they cannot be mistaken for it.
 */
export async function runPrepare(context: PrepareContext): Promise<PrepareResult> {
  const { events, job, signals } = context;
  events.tell({ type: 'progress', phase: 'setup', note: 'cloning the base' });
  const checkout = await checkOutUnlessStopped(context);
  if (checkout === null) {
    return stopped([], signals);
  }
  const result = await setUpWithPackages(context, checkout);
  if (result.ending === 'ready') {
    await leaveWhatWasMade(checkout, job.git.submodules ?? []);
    if (job.carriesEnvironment === 'send') {
      await sendEnvironment({ ...context, home: homeOf(context) });
    }
  }
  return result;
}

/** Opens the mirrors for the time of set-up, and puts back what names them in the checkout. */
async function setUpWithPackages(context: PrepareContext, checkout: Checkout): Promise<PrepareResult> {
  const { baseEnv, job } = context;
  if (job.packages === undefined) {
    return setUp(context, { checkout, packages: {} });
  }
  const { repository } = checkout;
  const packages = await openPackages(
    {
      // Over TLS the worker's own forwarder is the way to the door
      door: job.door.remote === undefined ? job.door : { url: context.doorUrl, token: job.door.token },
      packages: job.packages,
    },
    { home: baseEnv['HOME'] ?? repository, repository },
  );
  try {
    return await setUp(context, { checkout, packages: packages.env });
  } finally {
    await packages.close();
  }
}

interface Place {
  readonly checkout: Checkout;
  /** What package managers need to find the mirrors. */
  readonly packages: Readonly<Record<string, string>>;
}

async function setUp(context: PrepareContext, place: Place): Promise<PrepareResult> {
  const { job, signals } = context;
  const runs: CommandRun[] = [];
  for (const [index, command] of job.setup.entries()) {
    const within = { ...place, timeoutMs: job.setupTimeoutsMs?.[index] ?? Number.POSITIVE_INFINITY };
    let run = await runSetup(context, command, within);
    if (lacksHeaders(run) && !signals.stop.aborted) {
      const installed = await runSetup(context, INSTALL_HEADERS, within);
      run = installed.exitCode === 0 ? await runSetup(context, command, within) : run;
      runs.push(...(installed.exitCode === 0 ? [installed] : []));
    }
    runs.push(run);
    if (signals.stop.aborted && run.exitCode !== 0) {
      return stopped(runs, signals);
    }
    if (run.exitCode !== 0) {
      return { ending: run.exitCode === NOTHING_TO_DO ? 'nothing_to_do' : 'setup_failed', runs };
    }
  }
  return { ending: 'ready', runs };
}

async function runSetup(
  { baseEnv, events, redact, signals }: PrepareContext,
  command: string,
  { checkout, packages, timeoutMs }: Place & { timeoutMs: number },
): Promise<CommandRun> {
  events.tell({ type: 'progress', phase: 'setup', note: takeStart(command, 200) });
  events.log('setup', `$ ${command}\n`);
  return runCommand(
    {
      command,
      cwd: checkout.repository,
      env: { ...toolEnvironment(baseEnv, { repository: checkout.repository, network: 'packages' }), ...packages },
      timeoutMs: Math.min(timeoutMs, Math.max(1_000, signals.windUpAt - performance.now())),
      signal: signals.stop,
      onOutput: (text) => events.log('setup', text),
    },
    redact,
  );
}

/** Takes out the files of the commit, the directories that are empty then, and both repositories. */
async function leaveWhatWasMade(checkout: Checkout, submodules: readonly Submodule[]): Promise<void> {
  const { keep, localEnv, repository } = checkout;
  const listed = await git({ args: ['ls-tree', '-r', '-z', '--name-only', 'HEAD'], cwd: keep, env: localEnv });
  const roots = new Set(submodules.map((submodule) => submodule.path));
  const files = [...listed.split('\0'), ...(await listSubmoduleFiles(checkout, submodules))].filter(
    (file) => file !== '' && !roots.has(file),
  );
  for (const root of ['', ...roots]) {
    await rm(path.join(repository, root, '.git'), { recursive: true, force: true });
  }
  const directories = new Set<string>(roots);
  for (const file of files) {
    await rm(path.join(repository, file), { force: true, recursive: true });
    for (let above = path.dirname(file); above !== '.'; above = path.dirname(above)) {
      directories.add(above);
    }
  }
  // The deepest first: a directory is empty once those in it are gone
  for (const directory of [...directories].toSorted((one, other) => other.length - one.length)) {
    await rmdir(path.join(repository, directory)).catch(ignoreKept);
  }
  await rm(keep, { recursive: true, force: true });
}

/** Set-up left something in it, or took it away. */
function ignoreKept(error: NodeJS.ErrnoException): void {
  if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(error.code ?? '')) {
    throw error;
  }
}

function stopped(runs: CommandRun[], signals: StopSignals): PrepareResult {
  const reason = describeStop(signals);
  const tooSlow = signals.whyStopped() === 'deadline' && runs.length > 0;
  return tooSlow
    ? {
        ending: 'setup_failed',
        runs: runs.map((run, at) => (at === runs.length - 1 ? { ...run, timedOut: true } : run)),
      }
    : { ending: 'stopped', runs, ...(reason === null ? {} : { reason }) };
}
