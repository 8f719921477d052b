import { resolveRef } from '../git/refs.ts';
import { compareCommits } from '../git/history.ts';
import { runGit } from '../git/run-git.ts';
import { invalid, RestError } from '../http/rest-error.ts';
import { isPull, type PullIssue } from '../json/pull-json.ts';
import type { Actor, Repository, World } from '../state/world.ts';
import { emitPull } from './announce.ts';
import { checkBody, checkWritable, closeIssue, createIssue } from './issue-actions.ts';

export interface PullDraft {
  title: string;
  body: string | null;
  /** Branch name, or `OWNER:branch` of the repository or one of its forks. */
  head: string;
  base: string;
  draft: boolean;
  actor: Actor;
}

/** Opens a pull request, or refuses it in GitHub's words: no such branch, nothing to merge, already there. */
export async function createPull(world: World, repository: Repository, draft: PullDraft): Promise<PullIssue> {
  checkWritable(repository);
  const headRef = draft.head.includes(':') ? draft.head.slice(draft.head.indexOf(':') + 1) : draft.head;
  const base = await resolveRef(repository.dir, `refs/heads/${draft.base}`);
  const source = headRepository(world, repository, draft.head);
  const head = source && (await resolveRef(source.dir, `refs/heads/${headRef}`));
  if (!base || !head) {
    throw invalid({ resource: 'PullRequest', field: base ? 'head' : 'base', code: 'invalid' });
  }
  await bringObjects(repository, source, headRef);
  const comparison = await compareCommits(repository.dir, base, head);
  if (!comparison) {
    throw refusal(`The ${draft.head} branch has no history in common with ${draft.base}`);
  }
  if (comparison.aheadBy === 0) {
    throw refusal(`No commits between ${draft.base} and ${draft.head}`);
  }
  // No await from here to the creation: two requests at once must not both find nothing.
  if (findOpenPull(repository, { source, ref: headRef, base: draft.base })) {
    throw refusal(`A pull request already exists for ${source.owner.login}:${headRef}.`);
  }
  const pull = {
    id: world.newId(),
    draft: draft.draft,
    head: { repository: source, ref: headRef, sha: head },
    base: { repository, ref: draft.base, sha: base },
    mergedAt: null,
    mergedBy: null,
    mergeCommitSha: null,
    maintainerCanModify: false,
    reviews: [],
    threads: [],
    autoMerge: null,
  };
  const issue = createIssue(world, repository, { ...draft, pull }) as PullIssue;
  await runGit(repository.dir, ['update-ref', `refs/pull/${issue.number}/head`, head]);
  emitPull(world, issue, { action: 'opened', sender: draft.actor.user });
  return issue;
}

function refusal(message: string): RestError {
  return new RestError(422, 'Validation Failed', { errors: [{ resource: 'PullRequest', code: 'custom', message }] });
}

/** The repository that a head names: this one, or the fork of that owner. */
function headRepository(world: World, repository: Repository, head: string): Repository | undefined {
  const owner = head.includes(':') ? head.slice(0, head.indexOf(':')).toLowerCase() : undefined;
  if (owner === undefined || owner === repository.owner.login.toLowerCase()) {
    return repository;
  }
  const forks = [...world.repositories.values()].filter(({ forkOf }) => forkOf === repository);
  return forks.find((fork) => fork.owner.login.toLowerCase() === owner);
}

/** Pull requests of forks are looked at in the base repository, so its git needs their commits. */
export async function bringObjects(repository: Repository, source: Repository, ref: string): Promise<void> {
  if (source !== repository) {
    await runGit(repository.dir, ['fetch', '--quiet', '--no-write-fetch-head', source.dir, `refs/heads/${ref}`]);
  }
}

function findOpenPull(
  repository: Repository,
  wanted: { source: Repository; ref: string; base: string },
): PullIssue | undefined {
  const pulls = [...repository.issues.values()].filter((issue) => isPull(issue));
  return pulls.find(
    ({ state, pull: { head, base } }) =>
      state === 'open' && head.repository === wanted.source && head.ref === wanted.ref && base.ref === wanted.base,
  );
}

export interface PullChange {
  title?: string | undefined;
  body?: string | null | undefined;
  state?: string | undefined;
  draft?: boolean;
}

export async function updatePull(
  world: World,
  issue: PullIssue,
  change: PullChange & { actor: Actor; base?: string | undefined },
): Promise<void> {
  checkWritable(issue.repository);
  checkBody('PullRequest', change.body);
  const sender = change.actor.user;
  const changes: Record<string, unknown> = {};
  if (change.title !== undefined && change.title !== issue.title) {
    changes['title'] = { from: issue.title };
    issue.title = change.title;
  }
  if (change.body !== undefined && change.body !== issue.body) {
    changes['body'] = { from: issue.body };
    issue.body = change.body;
  }
  if (change.base !== undefined && change.base !== issue.pull.base.ref) {
    const sha = await resolveRef(issue.repository.dir, `refs/heads/${change.base}`);
    if (!sha) {
      throw invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
    }
    changes['base'] = { ref: { from: issue.pull.base.ref }, sha: { from: issue.pull.base.sha } };
    Object.assign(issue.pull.base, { ref: change.base, sha });
  }
  issue.updatedAt = world.now();
  if (Object.keys(changes).length > 0) {
    emitPull(world, issue, { action: 'edited', sender, more: { changes } });
  }
  if (change.draft !== undefined && change.draft !== issue.pull.draft) {
    issue.pull.draft = change.draft;
    emitPull(world, issue, { action: change.draft ? 'converted_to_draft' : 'ready_for_review', sender });
  }
  await changePullState(world, issue, change);
}

async function changePullState(world: World, issue: PullIssue, change: PullChange & { actor: Actor }): Promise<void> {
  const sender = change.actor.user;
  if (change.state === 'closed' && issue.state === 'open') {
    closeIssue(world, issue, { by: sender, reason: null });
    emitPull(world, issue, { action: 'closed', sender });
    return;
  }
  if (change.state !== 'open' || issue.state === 'open') {
    return;
  }
  const head = await resolveRef(issue.pull.head.repository.dir, `refs/heads/${issue.pull.head.ref}`);
  if (issue.pull.mergedAt || !head) {
    throw refusal(issue.pull.mergedAt ? 'Cannot reopen a merged pull request.' : 'The head branch was deleted.');
  }
  Object.assign(issue, { state: 'open', closedAt: null, closedBy: null });
  issue.pull.head.sha = head;
  emitPull(world, issue, { action: 'reopened', sender });
}

/** Merges with a merge commit in the name of the actor. */
export async function mergePull(world: World, issue: PullIssue, actor: Actor): Promise<string> {
  checkWritable(issue.repository);
  const { dir } = issue.repository;
  const { base, head } = issue.pull;
  if (issue.state !== 'open' || issue.pull.draft) {
    throw new RestError(405, issue.pull.draft ? 'Pull Request is still a draft' : 'Pull Request is not mergeable');
  }
  const tip = await runGit(dir, ['rev-parse', `refs/heads/${base.ref}`]);
  const tree = await runGit(dir, ['merge-tree', '--write-tree', tip, head.sha]).catch((cause: unknown) => {
    throw new RestError(405, 'Pull Request is not mergeable', { body: { cause: String(cause) } });
  });
  const message = `Merge pull request #${issue.number} from ${head.repository.owner.login}/${head.ref}\n\n${issue.title}`;
  const sha = await runGit(dir, [
    '-c',
    `user.name=${actor.user.name ?? actor.user.login}`,
    '-c',
    `user.email=${actor.user.id}+${actor.user.login}@users.noreply.github.com`,
    'commit-tree',
    tree,
    '-p',
    tip,
    '-p',
    head.sha,
    '-m',
    message,
  ]);
  await runGit(dir, ['update-ref', `refs/heads/${base.ref}`, sha, tip]);
  issue.pull.mergedAt = world.now();
  issue.pull.mergedBy = actor.user;
  issue.pull.mergeCommitSha = sha;
  closeIssue(world, issue, { by: actor.user, reason: null });
  emitPull(world, issue, { action: 'closed', sender: actor.user });
  return sha;
}
