import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { RepositoryRef } from '../task/task.ts';
import { isBranchName, isSha } from './is-branch-name.ts';
import { withLockFile } from './lock-file.ts';
import { createLfsStore, type LfsStore } from './lfs/lfs-store.ts';
import { pathKind, readDocument, type Document, type DocumentRequest } from './read-document.ts';
import {
  listFolders,
  listTreeFiles,
  readTreeFile,
  type TreeFile,
  type TreeFileRequest,
  type TreeFolder,
} from './read-tree-file.ts';
import { parseRemoteProblem, unaddressable, type RemoteProblem } from './remote-problem.ts';
import { remoteUrl } from './remote-url.ts';
import { fetchRefs, listRemote } from './mirror-remote.ts';
import { hasCommit } from './has-commit.ts';
import { noteUse, pruneMirrors } from './prune-mirrors.ts';
import { mustGit, runGit, type GitRunResult } from './run-git.ts';
import { listSubmodules, type ListedSubmodule } from './submodules/list-submodules.ts';
import { locateSubmodule, type SubmoduleLocation } from './submodules/locate-submodule.ts';

export interface RefreshRequest {
  readonly repository: RepositoryRef;
  /** Sent as a header; null for servers that need none. */
  readonly token: string | null;
  readonly branches: readonly string[];
  readonly signal?: AbortSignal;
}

export interface CommitRequest extends Omit<RefreshRequest, 'branches'> {
  readonly branch: string;
  readonly sha: string;
}

export type Refreshed = { readonly ok: true; readonly shas: ReadonlyMap<string, string> } | RemoteProblem;

/** Bare copies of repositories, one each, with only the branches that tasks asked for. */
export interface Mirrors {
  /** Brings branches up to date and resolves with their commits; one that does not exist is missing from the answer. */
  refresh(request: RefreshRequest): Promise<Refreshed>;
  /** Fetches a commit unless it is there, from `branch` or, where that was rewritten, by its id; `found` is whether it is there. */
  ensureCommit(request: CommitRequest): Promise<{ readonly ok: true; readonly found: boolean } | RemoteProblem>;
  /** Text of a file of a commit, at most `maxBytes`; null when there is no plain UTF-8 file of that size. */
  readFile(request: { repositoryId: number } & TreeFileRequest): Promise<string | null>;
  /** A text for agents on a commit, or the reason why it was not read. */
  readDocument(request: { repositoryId: number } & DocumentRequest): Promise<Document>;
  /** What a path of a commit is. */
  pathKind(at: { repositoryId: number; sha: string; path: string }): Promise<'folder' | 'file' | 'absent'>;
  /** The plain files and folders directly in folders of a commit; `''` is the root. */
  listFolders(request: {
    repositoryId: number;
    sha: string;
    folders: readonly string[];
  }): Promise<readonly (TreeFile | TreeFolder)[]>;
  /** Every plain file of a commit; empty when there are more than can be listed. */
  listFiles(request: { repositoryId: number; sha: string }): Promise<readonly TreeFile[]>;
  /** The submodules of a commit, each with the repository at GitHub that it is. */
  listSubmodules(at: {
    repository: RepositoryRef;
    sha: string;
  }): Promise<readonly (ListedSubmodule & { readonly location: SubmoduleLocation })[]>;
  /** What Git LFS stores, kept in the directories of the mirrors. */
  readonly lfs: LfsStore;
  /** Commit of a branch as the last refresh saw it. */
  branchSha(repositoryId: number, branch: string): Promise<string | null>;
  /** Directory of the mirror, whether it exists or not. */
  path(repositoryId: number): string;
  remove(repositoryId: number): Promise<void>;
  /** Removes those not used for the longest time until the rest fits; none that was used after `unusedSince`. */
  prune(limits: { maxBytes: number; unusedSince: Date }): Promise<{ removed: number; bytes: number }>;
}

export interface MirrorsOptions {
  readonly directory: string;
  /** Where `OWNER/NAME.git` is below: `https://github.com`, or a `file:` directory. */
  readonly serverUrl: string;
  /** For one fetch; 10 minutes by default. */
  readonly fetchTimeoutMs?: number;
}

/** Packs after which a fetch joins them into few. Nothing is ever dropped: attempts borrow from here. */
const MANY_PACKS = 40;

/**
 * Each refresh asks the server what the branches are and fetches only what is new, one at a time per repository. A
 * mirror that is lost or damaged is made again. Branches are kept under `refs/mirror/<hash of the name>`, so that names
 * that exclude each other (`a` and `a/b`, or two that differ in case) can follow one another.
 */
export function createMirrors(options: MirrorsOptions): Mirrors {
  const path = (repositoryId: number): string => join(resolve(options.directory), `${Math.trunc(repositoryId)}.git`);
  return {
    path,
    refresh: (request) => refresh(request, { ...options, gitDir: path(request.repository.id) }),
    ensureCommit: (request) => ensureCommit(request, { ...options, gitDir: path(request.repository.id) }),
    readFile: ({ repositoryId, ...request }) => readTreeFile(path(repositoryId), request),
    readDocument: ({ repositoryId, ...request }) => readDocument(path(repositoryId), request),
    pathKind: ({ repositoryId, ...at }) => pathKind(path(repositoryId), at),
    listFolders: ({ repositoryId, ...at }) => listFolders(path(repositoryId), at),
    listFiles: ({ repositoryId, sha }) => listTreeFiles(path(repositoryId), sha),
    async listSubmodules({ repository, sha }) {
      const parent = { ...repository, serverUrl: options.serverUrl };
      const listed = await listSubmodules(path(repository.id), sha);
      return listed.map((submodule) => ({ ...submodule, location: locateSubmodule(submodule.address, parent) }));
    },
    lfs: createLfsStore({ gitDir: path, serverUrl: options.serverUrl }),
    async branchSha(repositoryId, branch) {
      const known = await readKnown(path(repositoryId));
      return known?.get(refOf(branch)) ?? null;
    },
    async remove(repositoryId) {
      await withLockFile(`${path(repositoryId)}.lock`, () => rm(path(repositoryId), { recursive: true, force: true }));
    },
    prune: (limits) => pruneMirrors(resolve(options.directory), limits),
  };
}

interface Place extends MirrorsOptions {
  readonly gitDir: string;
}

async function refresh(request: RefreshRequest, place: Place): Promise<Refreshed> {
  const url = remoteUrl(place.serverUrl, request.repository);
  const branches = [...new Set(request.branches)].filter(isBranchName);
  if (url === null) {
    return unaddressable(request.repository);
  }
  if (branches.length === 0) {
    return { ok: true, shas: new Map() };
  }
  await mkdir(place.directory, { recursive: true });
  const [listed, known] = await Promise.all([listRemote(url, branches, { request, place }), readKnown(place.gitDir)]);
  if (!listed.ok) {
    return listed;
  }
  if (known !== null) {
    // Before it is relied on, so that it is not pruned in between
    await noteUse(place.gitDir);
  }
  if (listed.shas.size === 0 || isCurrent(listed.shas, known)) {
    return listed;
  }
  return withLockFile(`${place.gitDir}.lock`, () => fetchNew(url, { request, place, shas: listed.shas }));
}

async function fetchNew(
  url: string,
  work: { request: RefreshRequest; place: Place; shas: ReadonlyMap<string, string> },
): Promise<Refreshed> {
  const { gitDir } = work.place;
  const known = await readKnown(gitDir);
  if (isCurrent(work.shas, known)) {
    return { ok: true, shas: work.shas };
  }
  if (known === null) {
    await makeAnew(gitDir);
  }
  let fetched = await fetchBranches(url, work);
  if (!fetched.ok && parseRemoteProblem(fetched.problem).kind === 'local' && (await isDamaged(gitDir))) {
    await makeAnew(gitDir);
    fetched = await fetchBranches(url, work);
  }
  if (!fetched.ok) {
    return parseRemoteProblem(fetched.problem);
  }
  await joinPacks(gitDir);
  const now = await readKnown(gitDir);
  const shas = [...work.shas.keys()].map((branch) => [branch, now?.get(refOf(branch))] as const);
  return { ok: true, shas: new Map(shas.filter((pair): pair is [string, string] => pair[1] !== undefined)) };
}

async function ensureCommit(request: CommitRequest, place: Place): ReturnType<Mirrors['ensureCommit']> {
  const { branch, sha } = request;
  if (await hasCommit(place.gitDir, sha)) {
    await noteUse(place.gitDir);
    return { ok: true, found: true };
  }
  const refreshed = await refresh({ ...request, branches: [branch] }, place);
  if (!refreshed.ok) {
    return refreshed;
  }
  const url = remoteUrl(place.serverUrl, request.repository);
  if (url === null || !isSha(sha) || (await hasCommit(place.gitDir, sha))) {
    return { ok: true, found: await hasCommit(place.gitDir, sha) };
  }
  return withLockFile(`${place.gitDir}.lock`, async () => {
    if ((await readKnown(place.gitDir)) === null) {
      await makeAnew(place.gitDir);
    }
    const fetched = await fetchRefs(url, [`+${sha}:${refOf(sha)}`], { request, place });
    const problem = fetched.ok ? null : parseRemoteProblem(fetched.problem);
    // A server that does not have the commit, or does not give it by its id, is no problem of the way there.
    return problem === null || problem.kind === 'local' ? { ok: true, found: fetched.ok } : problem;
  });
}

function fetchBranches(
  url: string,
  work: { request: RefreshRequest; place: Place; shas: ReadonlyMap<string, string> },
): Promise<GitRunResult> {
  return fetchRefs(
    url,
    [...work.shas.keys()].map((branch) => `+refs/heads/${branch}:${refOf(branch)}`),
    work,
  );
}

/** Branches the mirror has, by ref, each with its commit really there; null when the mirror is missing or damaged. */
async function readKnown(gitDir: string): Promise<Map<string, string> | null> {
  const format = '%(objectname) %(objecttype) %(refname)';
  const result = await runGit({ gitDir, args: ['for-each-ref', `--format=${format}`, 'refs/mirror/'] });
  if (!result.ok || result.stderr !== '') {
    return null;
  }
  const lines = result.stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(line.lastIndexOf(' ') + 1), line.slice(0, 40)]));
}

function isCurrent(wanted: ReadonlyMap<string, string>, known: ReadonlyMap<string, string> | null): boolean {
  return known !== null && [...wanted].every(([branch, sha]) => known.get(refOf(branch)) === sha);
}

function refOf(name: string): string {
  return `refs/mirror/${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}

async function isDamaged(gitDir: string): Promise<boolean> {
  const check = await runGit({ gitDir, args: ['fsck', '--no-dangling', '--no-progress'], timeoutMs: 5 * 60_000 });
  return !check.ok && check.problem.kind === 'exit';
}

async function makeAnew(gitDir: string): Promise<void> {
  const fresh = `${gitDir}.new`;
  const old = `${gitDir}.old`;
  await Promise.all([rm(fresh, { recursive: true, force: true }), rm(old, { recursive: true, force: true })]);
  await mustGit({ args: ['init', '--quiet', '--bare', '--template=', '--', fresh] });
  try {
    await rename(gitDir, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
  }
  await noteUse(fresh);
  await rename(fresh, gitDir);
  await rm(old, { recursive: true, force: true });
}

async function joinPacks(gitDir: string): Promise<void> {
  const packs = (await readdir(join(gitDir, 'objects', 'pack'))).filter((name) => name.endsWith('.pack'));
  if (packs.length > MANY_PACKS) {
    await mustGit({ gitDir, args: ['repack', '--quiet', '-d', '--geometric=2'], timeoutMs: 5 * 60_000 });
  }
}
