import { emailOf } from '../git/bare-repository.ts';
import type { ChangedFile, Commit } from '../git/history.ts';
import { fullName } from '../state/find.ts';
import type { Repository, User, World } from '../state/world.ts';
import { nodeId, userJson, type Json } from './user-json.ts';

export function commitJson(world: World, repository: Repository, commit: Commit): Json {
  const url = `${world.apiUrl}/repos/${fullName(repository)}`;
  const page = `${world.url}/${fullName(repository)}/commit`;
  return {
    sha: commit.sha,
    node_id: nodeId(`Commit:${commit.sha}`, repository.id),
    commit: {
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
      url: `${url}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: verificationJson(repository, commit.sha),
    },
    url: `${url}/commits/${commit.sha}`,
    html_url: `${page}/${commit.sha}`,
    comments_url: `${url}/commits/${commit.sha}/comments`,
    author: accountJson(world, commit.author.email),
    committer: accountJson(world, commit.committer.email),
    parents: commit.parents.map((sha) => ({ sha, url: `${url}/commits/${sha}`, html_url: `${page}/${sha}` })),
  };
}

/** What GitHub says of the signature of a commit. */
export function verificationJson(repository: Repository, sha: string): Json {
  const verified = repository.signedCommits.has(sha);
  return {
    verified,
    reason: verified ? 'valid' : 'unsigned',
    signature: null,
    payload: null,
    verified_at: null,
  };
}

/** The account an address belongs to, as GitHub links commits to people. */
function accountJson(world: World, email: string): Json | null {
  const owner = userOfEmail(world, email);
  return owner ? userJson(world, owner) : null;
}

function userOfEmail(world: World, email: string): User | undefined {
  return [...world.users.values()].find((user) => emailOf(user) === email);
}

export function fileJson(world: World, file: ChangedFile, at: { repository: Repository; sha: string }): Json {
  const { repository, sha } = at;
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${world.url}/${fullName(repository)}/blob/${sha}/${path}`,
    raw_url: `${world.url}/${fullName(repository)}/raw/${sha}/${path}`,
    contents_url: `${world.apiUrl}/repos/${fullName(repository)}/contents/${path}?ref=${sha}`,
    ...(file.patch === null ? {} : { patch: file.patch }),
    ...(file.previousPath === null ? {} : { previous_filename: file.previousPath }),
  };
}
