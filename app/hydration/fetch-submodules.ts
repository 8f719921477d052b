import { takeStart } from '../../protocol/index.ts';
import type { AttemptSubmodule } from '../git/attempt/attempt.ts';
import type { Mirrors } from '../git/mirror.ts';
import type { GitHub, GitHubProblem, GitHubResult, RepositoryFacts } from '../github/github.ts';
import { withReadToken } from '../github/with-read-token.ts';
import { OPERATOR, type Actor, type RepositoryRef } from '../task/task.ts';
import { isInSparse } from '../config/sparse.ts';

export type Submodules =
  | {
      readonly kind: 'ready';
      /** Those in the mirrors now, one that contains another first. */
      readonly submodules: readonly AttemptSubmodule[];
      /** Those that cannot be had, one sentence each. */
      readonly missing: readonly string[];
    }
  /** GitHub does not answer; trying again later makes sense. */
  | { readonly kind: 'github'; readonly note: string; readonly retryAt: Date | null };

export interface SubmoduleRequest {
  readonly repository: RepositoryRef;
  /** Who started the task. */
  readonly requestedBy: Actor;
  readonly sha: string;
  readonly sparse: readonly string[];
  readonly github: Pick<GitHub, 'fetchRepositoryByName' | 'fetchRole' | 'withRepositoryToken'>;
  readonly mirror: Pick<Mirrors, 'listSubmodules' | 'ensureCommit'>;
  readonly signal: AbortSignal;
}

const MAX_SUBMODULES = 50;
const MAX_DEPTH = 5;

/**
 * Brings the submodules of a commit into the mirrors, and those within them. Only what the installation may read is
 * fetched; where the addresses lead is decided here, from the base commit, and not by a worker.
 */
export async function fetchSubmodules(request: SubmoduleRequest): Promise<Submodules> {
  const submodules: AttemptSubmodule[] = [];
  const missing: string[] = [];
  const waiting: Place[] = [{ repository: request.repository, sha: request.sha, prefix: '', depth: 0 }];
  for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
    const listed = await request.mirror.listSubmodules(place);
    for (const link of listed) {
      const path = `${place.prefix}${link.path}`;
      if (!isInSparse(`${path}/`, request.sparse)) {
        continue;
      }
      if (submodules.length >= MAX_SUBMODULES || place.depth >= MAX_DEPTH) {
        missing.push(
          `The submodule ${oneLine(path)} was left out: at most ${MAX_SUBMODULES} are checked out, ${MAX_DEPTH} deep.`,
        );
        continue;
      }
      const fetched = await fetchOne({ link, path }, request);
      if (fetched.kind === 'github') {
        return fetched;
      }
      if (fetched.kind === 'missing') {
        missing.push(`The submodule ${oneLine(path)} is missing: ${fetched.why}.`);
        continue;
      }
      submodules.push(fetched.submodule);
      waiting.push({ repository: fetched.repository, sha: link.sha, prefix: `${path}/`, depth: place.depth + 1 });
    }
  }
  return { kind: 'ready', submodules, missing };
}

interface Place {
  readonly repository: RepositoryRef;
  readonly sha: string;
  readonly prefix: string;
  readonly depth: number;
}

type Fetched =
  | { readonly kind: 'fetched'; readonly submodule: AttemptSubmodule; readonly repository: RepositoryRef }
  | { readonly kind: 'missing'; readonly why: string }
  | Extract<Submodules, { kind: 'github' }>;

async function fetchOne(
  { link, path }: { link: Awaited<ReturnType<Mirrors['listSubmodules']>>[number]; path: string },
  request: SubmoduleRequest,
): Promise<Fetched> {
  if (link.path.split('/').some((part) => ['', '.', '..'].includes(part) || part.toLowerCase() === '.git')) {
    return { kind: 'missing', why: 'its path is not allowed' };
  }
  const { github, mirror, signal } = request;
  const { location } = link;
  if (!location.ok) {
    return { kind: 'missing', why: location.why };
  }
  const found = await github.fetchRepositoryByName(location);
  if (!found.ok) {
    return explainGitHub(found.problem, location);
  }
  const { defaultBranch: branch, isPrivate, ref } = found.value;
  const isAllowed = isPrivate ? await mayRead(ref, request) : READABLE;
  if (!isAllowed.ok) {
    return explainGitHub(isAllowed.problem, location);
  }
  if (!isAllowed.value) {
    const { login } = request.requestedBy;
    return {
      kind: 'missing',
      why: `${nameOf(found.value)} is private, and ${login}, who started the task, cannot read it`,
    };
  }
  const fetched = await withReadToken(github, found.value, (token) =>
    mirror.ensureCommit({ repository: ref, token, branch, sha: link.sha, signal }),
  );
  if (!fetched.ok) {
    return explainGitHub(fetched.problem, location);
  }
  const result = fetched.value;
  if (!result.ok) {
    const isPassing = ['unavailable', 'limited', 'aborted', 'local'].includes(result.kind);
    return isPassing
      ? { kind: 'github', note: result.note, retryAt: result.retryAt }
      : { kind: 'missing', why: cannotRead(location) };
  }
  return result.found
    ? {
        kind: 'fetched',
        repository: ref,
        submodule: { path, sha: link.sha, repositoryId: ref.id, owner: ref.owner, name: ref.name, branch, isPrivate },
      }
    : { kind: 'missing', why: `${nameOf(found.value)} does not have its commit ${link.sha.slice(0, 12)}` };
}

const READABLE: GitHubResult<boolean> = { ok: true, value: true };

/**
 * The App may read more than those who write to one of its repositories: without this check they could have a private
 * repository published by naming it as a submodule.
 */
async function mayRead(
  ref: RepositoryRef,
  { github, repository, requestedBy }: SubmoduleRequest,
): Promise<GitHubResult<boolean>> {
  if (ref.id === repository.id || requestedBy.id === OPERATOR.id) {
    return READABLE;
  }
  const role = await github.fetchRole(ref, requestedBy);
  return role.ok ? { ok: true, value: role.value !== 'none' } : role;
}

function explainGitHub(problem: GitHubProblem, at: { owner: string; name: string }): Fetched {
  return problem.kind === 'unavailable' || problem.kind === 'limited'
    ? { kind: 'github', note: `GitHub: ${problem.message}`, retryAt: problem.retryAt }
    : { kind: 'missing', why: cannotRead(at) };
}

function cannotRead({ owner, name }: { owner: string; name: string }): string {
  return `the App cannot read ${owner}/${name}. Install it there, or make that repository public`;
}

function nameOf({ ref }: RepositoryFacts): string {
  return `${ref.owner}/${ref.name}`;
}

/** Names of the repository stand in sentences for people and for the agent. */
export function oneLine(path: string): string {
  return takeStart(path.replaceAll(/[\p{C}\s]+/gu, ' '), 200);
}
