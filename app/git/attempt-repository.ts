import { access, appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EarlierWork } from '../task/earlier-work.ts';
import { isBranchName, isSha } from './is-branch-name.ts';
import type { Mirrors } from './mirror.ts';
import { mustGit, runGit } from './run-git.ts';

export interface AttemptRef {
  readonly taskId: string;
  readonly epoch: number;
}

export interface PrepareRequest extends AttemptRef {
  readonly repositoryId: number;
  readonly baseBranch: string;
  readonly baseSha: string;
  /** The one branch the worker may push. */
  readonly workBranch: string;
  /** Earlier work to go on from; null starts at the base. */
  readonly start: EarlierWork['source'] | null;
}

/** The repository of one attempt: what the worker clones from and pushes to, and what the gate looks at. */
export interface AttemptRepository extends AttemptRef {
  readonly path: string;
  readonly repositoryId: number;
  readonly baseBranch: string;
  readonly baseSha: string;
  readonly workBranch: string;
  /** Commit the worker was given to start from. */
  readonly startSha: string;
}

export interface AttemptRepositories {
  /** Makes it, or finds it when a worker already pushed to it. Throws when a commit it starts from is not in the mirror. */
  prepare(request: PrepareRequest): Promise<AttemptRepository>;
  find(at: AttemptRef): Promise<AttemptRepository | null>;
  /** Commit the worker pushed last, or null. */
  tip(at: AttemptRef): Promise<string | null>;
  remove(at: AttemptRef): Promise<void>;
}

/** How much a worker may send: in one pack, and in all. */
export const RECEIVE_LIMITS = {
  packBytes: 50 * 1024 * 1024,
  repositoryBytes: 256 * 1024 * 1024,
  objects: 20_000,
} as const;

const FACTS_FILE = 'bosun.json';

/**
 * Every object a worker sends is checked by `index-pack --strict` in a quarantine of git's own before a ref moves. Other
 * branches that the mirror holds are neither shown nor, with git's first protocol, given by their hash.
 */
const CONFIG = `[receive]
	fsckObjects = true
	unpackLimit = 1
	maxInputSize = ${RECEIVE_LIMITS.packBytes}
	denyDeletes = true
	autogc = false
	updateServerInfo = false
	advertisePushOptions = false
[transfer]
	fsckObjects = true
	unpackLimit = 1
	hideRefs = refs/bosun
[uploadpack]
	allowFilter = false
	allowAnySHA1InWant = false
[core]
	alternateRefsPrefixes = refs/none/
	logAllRefUpdates = true
	hooksPath = /dev/null
[gc]
	auto = 0
`;

/**
 * Objects of the base are borrowed from the mirror, so a repository costs milliseconds and no disk. Refs are the base
 * branch, pinned to the commit of the attempt, and the work branch when there is earlier work.
 */
export function createAttemptRepositories(options: { directory: string; mirrors: Mirrors }): AttemptRepositories {
  const pathOf = (at: AttemptRef): string => {
    if (!/^[0-9A-Za-z_-]+$/.test(at.taskId) || !Number.isInteger(at.epoch)) {
      throw new Error(`expected a task id and a whole epoch, found ${JSON.stringify(at)}`);
    }
    return join(resolve(options.directory), at.taskId, `${at.epoch}.git`);
  };

  async function find(at: AttemptRef): Promise<AttemptRepository | null> {
    const path = pathOf(at);
    try {
      return { ...(JSON.parse(await readFile(join(path, FACTS_FILE), 'utf8')) as AttemptRepository), path };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return null;
      }
      throw error;
    }
  }

  async function tip(at: AttemptRef): Promise<string | null> {
    const repository = await find(at);
    const head = repository === null ? null : await readWorkHead(repository);
    return head === repository?.startSha ? null : head;
  }

  return {
    find,
    tip,
    async prepare(request) {
      const path = pathOf(request);
      const existing = await find(request);
      if (existing !== null && ((await tip(request)) !== null || isSame(existing, request))) {
        return existing;
      }
      const source = request.start?.kind === 'quarantined' ? pathOf(request.start) : null;
      const mirror = options.mirrors.path(request.repositoryId);
      return build(request, { path, mirror, source });
    },
    async remove(at) {
      await rm(pathOf(at), { recursive: true, force: true });
    },
  };
}

/** Commit of the work branch: what the worker pushed last, or the earlier work it was given; null without either. */
export async function readWorkHead(repository: AttemptRepository): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', `refs/heads/${repository.workBranch}^{commit}`];
  const result = await runGit({ gitDir: repository.path, args });
  return result.ok ? result.stdout.toString('utf8').trim() : null;
}

async function build(
  request: PrepareRequest,
  place: { path: string; mirror: string; source: string | null },
): Promise<AttemptRepository> {
  const { start } = request;
  const startSha = start?.sha ?? request.baseSha;
  if (![request.baseBranch, request.workBranch].every(isBranchName) || ![request.baseSha, startSha].every(isSha)) {
    throw new Error(`expected branch names and full commit ids, found ${JSON.stringify(request)}`);
  }
  const gitDir = `${place.path}.new`;
  await rm(gitDir, { recursive: true, force: true });
  await mkdir(join(place.path, '..'), { recursive: true });
  await mustGit({
    args: ['init', '--quiet', '--bare', '--template=', `--initial-branch=${request.baseBranch}`, '--', gitDir],
  });
  await mkdir(join(gitDir, 'objects', 'info'), { recursive: true });
  await writeFile(join(gitDir, 'objects', 'info', 'alternates'), `${join(place.mirror, 'objects')}\n`);
  await appendFile(join(gitDir, 'config'), CONFIG);
  await mustGit({ gitDir, args: ['update-ref', `refs/heads/${request.baseBranch}`, `${request.baseSha}^{commit}`] });
  if (start !== null) {
    await bringEarlierWork(gitDir, { request, start, source: place.source });
  }
  const facts: AttemptRepository = {
    taskId: request.taskId,
    epoch: request.epoch,
    path: place.path,
    repositoryId: request.repositoryId,
    baseBranch: request.baseBranch,
    baseSha: request.baseSha,
    workBranch: request.workBranch,
    startSha,
  };
  await writeFile(join(gitDir, FACTS_FILE), JSON.stringify(facts));
  await rm(place.path, { recursive: true, force: true });
  await rename(gitDir, place.path);
  return facts;
}

/** Published work is in the mirror; what another attempt left is copied, so that the other may be removed. */
async function bringEarlierWork(
  gitDir: string,
  work: { request: PrepareRequest; start: EarlierWork['source']; source: string | null },
): Promise<void> {
  const ref = `refs/heads/${work.request.workBranch}`;
  if (work.source === null) {
    await mustGit({ gitDir, args: ['update-ref', ref, `${work.start.sha}^{commit}`] });
    return;
  }
  await access(work.source);
  const range = `${work.start.sha}\n^${work.request.baseSha}\n`;
  const pack = await runGit({
    gitDir: work.source,
    args: ['pack-objects', '--revs', '--stdout', '--quiet', '--thin', '--delta-base-offset'],
    input: range,
    maxOutputBytes: RECEIVE_LIMITS.repositoryBytes,
  });
  if (!pack.ok) {
    throw new Error(`earlier work ${work.start.sha} could not be read: ${pack.problem.stderr}`);
  }
  await mustGit({ gitDir, args: ['index-pack', '--strict', '--fix-thin', '--stdin'], input: pack.stdout });
  await mustGit({ gitDir, args: ['update-ref', ref, `${work.start.sha}^{commit}`] });
}

function isSame(existing: AttemptRepository, request: PrepareRequest): boolean {
  return (
    existing.baseBranch === request.baseBranch &&
    existing.baseSha === request.baseSha &&
    existing.workBranch === request.workBranch &&
    existing.startSha === (request.start?.sha ?? request.baseSha)
  );
}
