import { mustGit } from '../../git/run-git.ts';

/** Name and address that stand in a commit. */
export interface CommitIdentity {
  readonly name: string;
  readonly email: string;
}

export interface RebuildRequest {
  /** Repository of the attempt; the new commits go there. */
  readonly gitDir: string;
  readonly baseSha: string;
  /** Trees in order, each with the whole message of its commit. */
  readonly commits: readonly { readonly tree: string; readonly message: string }[];
  readonly identity: CommitIdentity;
  /** Date of the first commit; each further one is a second later. The same request makes the same commits. */
  readonly firstAt: Date;
}

/** Makes a line of commits of our own on the base, with the trees given. A tree that changes nothing is left out. */
export async function rebuildCommits(request: RebuildRequest): Promise<{ headSha: string; commits: number }> {
  const { gitDir, identity } = request;
  let parent = request.baseSha;
  let parentTree = (await mustGit({ gitDir, args: ['rev-parse', '--verify', `${request.baseSha}^{tree}`] })).trim();
  let made = 0;
  for (const { tree, message } of request.commits) {
    if (tree === parentTree) {
      continue;
    }
    const date = `${Math.floor(request.firstAt.getTime() / 1000) + made} +0000`;
    const sha = await mustGit({
      gitDir,
      args: ['commit-tree', '--no-gpg-sign', '-p', parent, '-F', '-', tree],
      input: message,
      variables: {
        GIT_AUTHOR_NAME: identity.name,
        GIT_AUTHOR_EMAIL: identity.email,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: identity.name,
        GIT_COMMITTER_EMAIL: identity.email,
        GIT_COMMITTER_DATE: date,
      },
    });
    parent = sha.trim();
    parentTree = tree;
    made += 1;
  }
  return { headSha: parent, commits: made };
}
