import { resolveRef } from '../git/refs.ts';
import { listCommits, readCommit, type Commit } from '../git/history.ts';
import { runGit, tryGit } from '../git/run-git.ts';
import { repositoryJson } from '../json/repository-json.ts';
import { isPull } from '../json/pull-json.ts';
import { userJson, type Json } from '../json/user-json.ts';
import { emailOf } from '../git/bare-repository.ts';
import { fullName } from '../state/find.ts';
import type { Repository, User, World } from '../state/world.ts';
import { emitPull } from './announce.ts';
import { closeIssue } from './issue-actions.ts';
import { bringObjects } from './pull-actions.ts';

const ZERO = '0'.repeat(40);

/** Lets the world catch up with refs that moved: `push` webhooks, heads of pull requests, `synchronize`, closing. */
export async function afterPush(
  world: World,
  repository: Repository,
  push: { before: Map<string, string>; after: Map<string, string>; by: User },
): Promise<void> {
  const names = new Set([...push.before.keys(), ...push.after.keys()]);
  for (const ref of names) {
    const before = push.before.get(ref) ?? ZERO;
    const after = push.after.get(ref) ?? ZERO;
    if (before !== after && !ref.startsWith('refs/pull/')) {
      repository.pushedAt = world.now();
      await movePulls(world, repository, { ref, after, by: push.by });
      emitPush(world, repository, { ref, before, after, by: push.by });
    }
  }
}

async function movePulls(
  world: World,
  repository: Repository,
  move: { ref: string; after: string; by: User },
): Promise<void> {
  const bases = repository.forkOf ? [repository, repository.forkOf] : [repository];
  for (const issue of bases.flatMap((base) => [...base.issues.values()])) {
    if (!isPull(issue) || issue.state !== 'open' || issue.pull.head.repository !== repository) {
      continue;
    }
    if (move.ref !== `refs/heads/${issue.pull.head.ref}`) {
      continue;
    }
    if (move.after === ZERO) {
      closeIssue(world, issue, { by: move.by, reason: null });
      emitPull(world, issue, { action: 'closed', sender: move.by });
      continue;
    }
    const more = { before: issue.pull.head.sha, after: move.after };
    issue.pull.head.sha = move.after;
    issue.updatedAt = world.now();
    await bringObjects(issue.repository, repository, issue.pull.head.ref);
    await runGit(issue.repository.dir, ['update-ref', `refs/pull/${issue.number}/head`, move.after]);
    emitPull(world, issue, { action: 'synchronize', sender: move.by, more });
  }
}

function emitPush(
  world: World,
  repository: Repository,
  push: { ref: string; before: string; after: string; by: User },
): void {
  const payload = pushPayload(world, repository, push);
  world.emit({ event: 'push', action: null, repository, sender: push.by, payload });
}

async function pushPayload(
  world: World,
  repository: Repository,
  push: { ref: string; before: string; after: string; by: User },
): Promise<Json> {
  const { ref, before, after, by } = push;
  const isDeleted = after === ZERO;
  const range = before === ZERO ? ['-20', after] : ['-20', `${before}..${after}`];
  const commits = isDeleted ? [] : (await listCommits(repository.dir, range)).toReversed();
  const head = isDeleted ? undefined : await readCommit(repository.dir, after);
  const page = `${world.url}/${fullName(repository)}`;
  return {
    ref,
    before,
    after,
    // A push names its repository's owner and times in an older style than every other event.
    repository: {
      ...repositoryJson(world, repository),
      owner: { name: repository.owner.login, email: repository.owner.email, ...userJson(world, repository.owner) },
      created_at: seconds(repository.createdAt),
      pushed_at: seconds(repository.pushedAt),
      stargazers: 0,
      master_branch: repository.defaultBranch,
    },
    pusher: { name: by.login, email: emailOf(by) },
    created: before === ZERO,
    deleted: isDeleted,
    forced: before !== ZERO && !isDeleted && !(await isAncestor(repository, before, after)),
    base_ref: null,
    compare: `${page}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits: commits.map((commit) => pushedCommit(page, commit)),
    head_commit: head ? pushedCommit(page, head) : null,
  };
}

function pushedCommit(page: string, commit: Commit): Json {
  const person = ({ name, email }: Commit['author']): Json => ({ name, email, username: name });
  return {
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: commit.committer.date,
    url: `${page}/commit/${commit.sha}`,
    author: person(commit.author),
    committer: person(commit.committer),
    added: [],
    removed: [],
    modified: [],
  };
}

async function isAncestor(repository: Repository, before: string, after: string): Promise<boolean> {
  if ((await resolveRef(repository.dir, before)) === undefined) {
    return false;
  }
  return (await tryGit(repository.dir, ['merge-base', '--is-ancestor', before, after])).code === 0;
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
