import type { Job } from '../../protocol/index.ts';
import type { Checkout } from './checkout.ts';
import { git, runGit } from './run-git.ts';

export type Saved =
  | { readonly ok: true; readonly changed: boolean; readonly pushed: boolean; readonly leftOut: readonly string[] }
  | { readonly ok: false; readonly reason: string };

export interface WorkKeeper {
  /**
   * Commits what is in the working copy and pushes it to the door. One at a time; a push that failed is caught up by the
   * next one. Nothing else may write to the working copy until `committed` resolves.
   */
  readonly save: (message: string) => { readonly committed: Promise<unknown>; readonly saved: Promise<Saved> };
  /** Whether anything differs from where the attempt began, as far as it was saved. */
  readonly hasChanges: () => boolean;
}

/**
 * Keeps the agent's work. It reads the working copy alone: not the agent's index, commits, branches or configuration, so
 * none of them can be broken or made to run a program here.
 */
export function createWorkKeeper(job: Job, checkout: Checkout): WorkKeeper {
  const { repository, keep, remote, localEnv, doorEnv, workingCopy } = checkout;
  const env = { ...localEnv, GIT_DIR: keep, GIT_WORK_TREE: repository };
  let tip = job.git.startSha;
  let pushedTip = job.git.startSha;
  let committing: Promise<unknown> = Promise.resolve();
  let pushing: Promise<unknown> = Promise.resolve();

  async function commit(message: string): Promise<readonly string[]> {
    const { leftOut, tree } = await workingCopy.readTree();
    const before = (await git({ args: ['rev-parse', `${tip}^{tree}`], cwd: repository, env })).trim();
    if (tree !== before) {
      const args = ['commit-tree', tree, '-p', tip, '-F', '-'];
      tip = (await git({ args, cwd: repository, env, input: message })).trim();
    }
    return leftOut;
  }

  async function push(): Promise<{ ok: true; pushed: boolean } | { ok: false; reason: string }> {
    const commitSha = tip;
    if (commitSha === pushedTip) {
      return { ok: true, pushed: false };
    }
    // What the agent may have pushed by hand gives way: the working copy is what counts, and the branch is this worker's.
    const ref = `+${commitSha}:refs/heads/${job.git.workBranch}`;
    const result = await runGit({ args: ['push', '--quiet', '--no-verify', remote, ref], cwd: keep, env: doorEnv });
    if (!result.ok) {
      return { ok: false, reason: `the push to the door failed: ${result.reason}` };
    }
    pushedTip = commitSha;
    return { ok: true, pushed: true };
  }

  return {
    save: (message) => {
      const committed = committing.then(() =>
        commit(message).then(
          (leftOut) => ({ ok: true as const, leftOut, changed: tip !== job.git.startSha }),
          (error: unknown) => ({ ok: false as const, reason: (error as Error).message }),
        ),
      );
      committing = committed;
      const saved = Promise.all([committed, pushing]).then(async ([work]): Promise<Saved> => {
        const result = work.ok ? await push() : work;
        return work.ok && result.ok && 'pushed' in result ? { ...work, pushed: result.pushed } : (result as Saved);
      });
      pushing = saved;
      return { committed, saved };
    },
    hasChanges: () => tip !== job.git.startSha,
  };
}
