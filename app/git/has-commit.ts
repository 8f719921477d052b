import { isSha } from './is-branch-name.ts';
import { runGit } from './run-git.ts';

/** Whether a repository, or one it borrows from, has the commit; false where there is no repository. */
export async function hasCommit(gitDir: string, sha: string): Promise<boolean> {
  return isSha(sha) && (await runGit({ gitDir, args: ['cat-file', '-e', `${sha}^{commit}`] })).ok;
}
