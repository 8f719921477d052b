import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import { runGit } from '../../git/run-git.ts';

/** Files of the working tree that no commit has; 0 where there is no working tree. */
export async function findUncommitted(directory: string): Promise<number> {
  const status = await runGit({ args: ['-C', directory, 'status', '--porcelain', '-z', '--untracked-files=normal'] });
  return status.ok ? status.stdout.toString('utf8').split('\0').filter(Boolean).length : 0;
}

/** The branch that was left, or why there is none. */
export type Brought =
  | { readonly ok: true; readonly headSha: string }
  | { readonly ok: false; readonly refusal: string };

/**
 * Leaves the change in the repository of this machine as one commit on a branch, without the issue number and the
 * requester that commits for GitHub name. Files, index and current branch stay as they are.
 */
export async function bringBranch(
  github: LocalGitHub,
  work: { readonly repository: string; readonly branch: string; readonly baseSha: string; readonly directory: string },
): Promise<Brought> {
  const { baseSha, branch, directory, repository } = work;
  const ref = `refs/heads/${branch}`;
  const git = (args: readonly string[]) => github.git(repository, args);
  const { stdout: subject } = await git(['log', '-1', '--format=%s', ref]);
  const identity = ['-c', 'user.name=Bosun', '-c', 'user.email=bosun@localhost'];
  const message = `${subject.toString().trim()}\n\nMade by \`bosun run\`.`;
  const made = await git([...identity, 'commit-tree', `${ref}^{tree}`, '-p', baseSha, '-m', message]);
  const headSha = made.stdout.toString().trim();
  const pushed = made.code === 0 ? await git(['push', '--quiet', '--', directory, `${headSha}:${ref}`]) : made;
  return pushed.code === 0 ? { ok: true, headSha } : { ok: false, refusal: pushed.stderr.trim() };
}

/** The whole change as a patch that `git apply` takes. */
export async function readPatch(
  github: LocalGitHub,
  work: { readonly repository: string; readonly branch: string; readonly baseSha: string },
): Promise<Uint8Array> {
  const { stdout } = await github.git(work.repository, [
    'diff',
    '--binary',
    `${work.baseSha}...refs/heads/${work.branch}`,
  ]);
  return stdout;
}
