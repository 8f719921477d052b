import { listRefs, resolveRef } from '../git/refs.ts';
import { readCommit } from '../git/history.ts';
import { invalid, RestError } from '../http/rest-error.ts';
import { checkSuiteJson } from '../json/check-run-json.ts';
import { commitJson } from '../json/commit-json.ts';
import { statusJson } from '../json/status-json.ts';
import { fullName } from '../state/find.ts';
import type { Actor, CheckRun, CommitStatus, Repository, World } from '../state/world.ts';
import { createCheckRun } from './check-actions.ts';

export interface StatusDraft {
  sha: string;
  context: string;
  state: CommitStatus['state'];
  description?: string | null;
  targetUrl?: string | null;
}

/** Says something about a commit, as other services do, with its webhook. */
export async function setStatus(
  world: World,
  repository: Repository,
  draft: StatusDraft & { actor: Actor },
): Promise<CommitStatus> {
  const { actor, sha } = draft;
  const commit = (await resolveRef(repository.dir, sha)) && (await readCommit(repository.dir, sha));
  if (!commit) {
    throw new RestError(422, `No commit found for SHA: ${sha}`);
  }
  if (!['error', 'failure', 'pending', 'success'].includes(draft.state)) {
    throw invalid({ resource: 'Status', code: 'invalid', field: 'state' });
  }
  const status: CommitStatus = {
    id: world.newId(),
    context: draft.context,
    state: draft.state,
    description: draft.description ?? null,
    targetUrl: draft.targetUrl ?? null,
    creator: actor.user,
    createdAt: world.now(),
  };
  repository.statuses.set(sha, [...(repository.statuses.get(sha) ?? []), status]);
  const branches = [...(await listRefs(repository.dir))].filter(
    ([ref, at]) => at === sha && ref.startsWith('refs/heads/'),
  );
  const payload = {
    ...statusJson(world, { repository, sha, status }),
    sha,
    name: fullName(repository),
    commit: commitJson(world, repository, commit),
    branches: branches.map(([ref]) => ({ name: ref.slice('refs/heads/'.length), commit: { sha }, protected: false })),
  };
  world.emit({ event: 'status', action: null, repository, sender: actor.user, payload });
  return status;
}

export interface JobDraft {
  sha: string;
  name: string;
  conclusion: string;
  /** What the job printed. */
  log?: string;
}

/** Runs a job of GitHub Actions to its end: a check run with a log, and its suite. */
export async function finishJob(world: World, repository: Repository, job: JobDraft): Promise<CheckRun> {
  const user = world.users.get('github-actions[bot]');
  if (user === undefined) {
    throw new Error('The local GitHub has no user for GitHub Actions.');
  }
  const { conclusion, log, name, sha } = job;
  const fields = { head_sha: sha, name, conclusion, status: 'completed' };
  const run = await createCheckRun(world, repository, { fields, actor: { user, viaApp: true }, by: 'actions' });
  if (log !== undefined) {
    repository.jobLogs.set(run.id, log);
  }
  const payload = { check_suite: checkSuiteJson(world, run) };
  world.emit({ event: 'check_suite', action: 'completed', repository, sender: user, payload });
  return run;
}
