import path from 'node:path';
import { DOOR_PATHS } from '../../protocol/index.ts';
import type { Job } from '../../protocol/index.ts';
import { doorGitEnvironment, localGitEnvironment } from './git-environment.ts';
import { havePatience, wasDoorAway } from '../have-patience.ts';
import type { Patience } from '../have-patience.ts';
import { git, runGit } from './run-git.ts';
import { openWorkingCopy, type WorkingCopy } from './working-copy.ts';

/** A clone the agent works in, and beside it the worker's own repository that keeps the work. */
export interface Checkout {
  /** Working copy with a `.git` of its own, where the agent may do what it likes. */
  readonly repository: string;
  /** Bare repository that only the worker uses; what the agent does to its `.git` does not reach it. */
  readonly keep: string;
  readonly workingCopy: WorkingCopy;
  readonly remote: string;
  readonly localEnv: Readonly<Record<string, string>>;
  readonly doorEnv: Readonly<Record<string, string>>;
}

/**
 * Clones the start branch through the door and puts its start commit into the working copy. Waits for a door that is away;
 * throws with git's words when it will not be.
 */
export async function checkOut(
  job: Job,
  given: { doorUrl: string; baseEnv: Readonly<Record<string, string>>; patience: Patience },
): Promise<Checkout> {
  const remote = given.doorUrl.replace(/\/$/, '') + DOOR_PATHS.git;
  const { startBranch, startSha } = job.git;
  const checkout = {
    repository: path.join(job.workDir, 'repository'),
    keep: path.join(job.workDir, 'keep.git'),
    remote,
    localEnv: localGitEnvironment(given.baseEnv, job),
    doorEnv: doorGitEnvironment(given.baseEnv, job, remote),
  };
  const { repository, keep, localEnv: env, doorEnv } = checkout;
  const clone = ['clone', '--quiet', '--no-tags', '--single-branch', `--branch=${startBranch}`];
  const fetched = await havePatience(
    () =>
      runGit({
        args: [...clone, '--bare', '--', remote, keep],
        cwd: job.workDir,
        env: doorEnv,
        signal: given.patience.signal,
      }),
    { ...given.patience, isWorthwhile: (failed) => !failed.ok && wasDoorAway(failed.reason) },
  );
  if (!fetched.ok) {
    throw new Error(`the repository could not be cloned through the door: ${fetched.reason}`);
  }
  await git({ args: [...clone, '--local', '--no-checkout', '--', keep, repository], cwd: job.workDir, env });
  await git({ args: ['reset', '--quiet', '--hard', startSha, '--'], cwd: repository, env });
  await git({ args: ['remote', 'remove', 'origin'], cwd: repository, env });
  return { ...checkout, workingCopy: await openWorkingCopy({ repository, keep, env, startSha }) };
}
