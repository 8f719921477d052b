import { appendFile, cp, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { DOOR_PATHS } from '../../protocol/index.ts';
import type { AnyJob } from '../../protocol/index.ts';
import { doorGitEnvironment, localGitEnvironment } from './git-environment.ts';
import type { CheckoutPlace } from './checkout-place.ts';
import { fetchLfs, hideFetched } from './lfs.ts';
import { retryDoor, wasDoorUnavailable } from '../retry-door.ts';
import type { RetryWindow } from '../retry-door.ts';
import { git, runGit } from './run-git.ts';
import { setSparse } from './sparse.ts';
import { checkOutSubmodules } from './submodules.ts';
import { openWorkingCopy, type WorkingCopy } from './working-copy.ts';

/** A clone the agent works in, and beside it the worker's own repository that keeps the work. */
export interface Checkout extends CheckoutPlace {
  readonly workingCopy: WorkingCopy;
}

const MAX_LEFT_BEHIND = 20_000;
const CLONE_PATIENCE_MS = 2 * 60_000;

/** What the job names, checked out; null where the worker was asked to stop meanwhile. */
export async function checkOutUnlessStopped(context: {
  readonly job: AnyJob;
  readonly doorUrl: string;
  readonly baseEnv: Readonly<Record<string, string>>;
  readonly signals: { readonly stop: AbortSignal };
}): Promise<Checkout | null> {
  const { job, signals } = context;
  const patience = { until: performance.now() + CLONE_PATIENCE_MS, signal: signals.stop };
  return checkOut(job, { ...context, patience }).catch((error: unknown) => {
    if (signals.stop.aborted) {
      return null;
    }
    throw error;
  });
}

/**
 * Clones the start branch through the door and puts its start commit into the working copy, over what a prepared
 * environment has there already. Waits while the door does not answer; throws with git's words when that does not help.
 */
async function checkOut(
  job: AnyJob,
  given: { doorUrl: string; baseEnv: Readonly<Record<string, string>>; patience: RetryWindow },
): Promise<Checkout> {
  const remote = given.doorUrl.replace(/\/$/, '') + DOOR_PATHS.git;
  const { depth = 0, startBranch, startSha } = job.git;
  const checkout = {
    repository: path.join(job.workDir, 'repository'),
    keep: path.join(job.workDir, 'keep.git'),
    remote,
    localEnv: localGitEnvironment(given.baseEnv, job),
    doorEnv: doorGitEnvironment(given.baseEnv, job, remote),
  };
  const { repository, keep, localEnv: env, doorEnv } = checkout;
  const isPrepared = existsSync(repository);
  const shallow = depth > 0 ? [`--depth=${depth}`] : [];
  const clone = ['clone', '--quiet', '--no-tags', '--single-branch', ...shallow, `--branch=${startBranch}`];
  const fetched = await retryDoor(
    () =>
      runGit({
        args: [...clone, '--bare', '--', remote, keep],
        cwd: job.workDir,
        env: doorEnv,
        signal: given.patience.signal,
      }),
    { ...given.patience, isWorthwhile: (failed) => !failed.ok && wasDoorUnavailable(failed.reason) },
  );
  if (!fetched.ok) {
    throw new Error(`the repository could not be cloned through the door: ${fetched.reason}`);
  }
  // A copy, never hard links: what the agent writes into its own repository must not reach this one
  await mkdir(repository, { recursive: true });
  await cp(keep, path.join(repository, '.git'), { recursive: true });
  await git({ args: ['config', 'core.bare', 'false'], cwd: repository, env });
  await git({ args: ['remote', 'remove', 'origin'], cwd: repository, env });
  await setSparse(checkout, job.git.sparse ?? []);
  await git({ args: ['reset', '--quiet', '--hard', startSha, '--'], cwd: repository, env });
  await checkOutSubmodules(checkout, { ...job.git, submodules: job.git.submodules ?? [], patience: given.patience });
  const fetchedLfs = job.git.lfs === true ? await fetchLfs(checkout, { ...given.patience, token: job.door.token }) : [];
  const workingCopy = await openWorkingCopy({ repository, keep, env, startSha, isPrepared });
  await hideFetched(checkout, fetchedLfs);
  if (isPrepared) {
    await ignoreLeftBehind(checkout);
  }
  return { ...checkout, workingCopy };
}

/** What set-up left in the checkout is nobody's change, also where the repository does not ignore it. */
async function ignoreLeftBehind({ keep, localEnv, repository }: CheckoutPlace): Promise<void> {
  const listed = await git({
    args: ['ls-files', '--others', '--exclude-standard', '-z'],
    cwd: repository,
    env: { ...localEnv, GIT_DIR: keep, GIT_WORK_TREE: repository },
  });
  const patterns = listed
    .split('\0')
    .filter((file) => file !== '' && !file.includes('\n'))
    .slice(0, MAX_LEFT_BEHIND)
    .map((file) => `/${file.replaceAll(/[\\*?[\]]|\s$/g, '\\$&')}`);
  for (const gitDir of [keep, path.join(repository, '.git')]) {
    await appendFile(path.join(gitDir, 'info', 'exclude'), patterns.map((pattern) => `${pattern}\n`).join(''));
  }
}
