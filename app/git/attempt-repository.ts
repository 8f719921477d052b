import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EarlierWork } from '../task/earlier-work.ts';
import {
  checkBranch,
  WorkLost,
  type AttemptRef,
  type AttemptRepository,
  type AttemptSubmodule,
} from './attempt/attempt.ts';
import { checkComplete, copyWork, makeBundle, takeBundle } from './attempt/bundle.ts';
import {
  readBundle,
  readStoredWork,
  removeStoredWork,
  writeStoredWork,
  type KeptFacts,
  type WorkStore,
} from './attempt/stored-work.ts';
import {
  buildLocal,
  readLocal,
  setCheck,
  setStart,
  setWork,
  writeLocal,
  type LocalRepository,
} from './attempt/local-repository.ts';
import { hasCommit } from './has-commit.ts';
import { withLockFile } from './lock-file.ts';
import type { Mirrors } from './mirror.ts';
import { runGit } from './run-git.ts';

export interface PrepareRequest extends AttemptRef {
  readonly repositoryId: number;
  readonly baseBranch: string;
  readonly baseSha: string;
  /** The one branch the worker may push. */
  readonly workBranch: string;
  /** Earlier work to continue from; null starts at the base. */
  readonly start: EarlierWork['source'] | null;
  readonly submodules?: readonly AttemptSubmodule[];
}

/**
 * The repositories of attempts. Each is a directory of this machine, which may be lost, and artifacts, which may not:
 * all that any machine needs to make it again. Every call but `remove` rejects with `ServiceUnavailable` while the store or GitHub
 * does not answer, and with `WorkLost` when what was stored cannot be read back.
 */
export interface AttemptRepositories {
  /** Makes it, or finds it when a worker already pushed to it. Throws when a commit it starts from is nowhere. */
  prepare(request: PrepareRequest): Promise<AttemptRepository>;
  /** The repository with the last push that was acknowledged, wherever that was; made again here when it must be. */
  find(at: AttemptRef): Promise<AttemptRepository | null>;
  /** Commit the worker pushed last, or null. */
  tip(at: AttemptRef): Promise<string | null>;
  /** Gives check sessions this commit of the repository to fetch, on whichever machine their door is. */
  pin(at: AttemptRef, sha: string): Promise<void>;
  /** Stores what the repository holds; when it resolves, the work survives this machine. */
  keep(at: AttemptRef): Promise<void>;
  remove(at: AttemptRef): Promise<void>;
}

export interface AttemptRepositoriesOptions {
  readonly directory: string;
  readonly mirrors: Pick<Mirrors, 'path'>;
  readonly store: WorkStore;
  /** Sees to it that the mirror of a task's repository has a commit. Rejects when it cannot be had. */
  readonly fetchCommit: (wanted: {
    taskId: string;
    repositoryId: number;
    branch: string;
    sha: string;
    /** Set for a submodule, which need not be a repository of the installation. */
    submodule?: Pick<AttemptSubmodule, 'owner' | 'name' | 'isPrivate'>;
  }) => Promise<void>;
}

export function createAttemptRepositories(options: AttemptRepositoriesOptions): AttemptRepositories {
  const { mirrors, store } = options;

  function pathOf(at: AttemptRef): string {
    if (!/^[0-9A-Za-z_-]+$/.test(at.taskId) || !Number.isInteger(at.epoch)) {
      throw new Error(`expected a task id and a whole epoch, found ${JSON.stringify(at)}`);
    }
    return join(resolve(options.directory), at.taskId, `${at.epoch}.git`);
  }

  /** One change of a repository at a time, also among processes that share the directory. */
  async function alone<T>(at: AttemptRef, change: () => Promise<T>): Promise<T> {
    await mkdir(join(pathOf(at), '..'), { recursive: true });
    return withLockFile(`${pathOf(at)}.lock`, change);
  }

  async function look(at: AttemptRef): Promise<{ local: LocalRepository | null; kept: KeptFacts | null }> {
    const [local, kept] = await Promise.all([readLocal(pathOf(at)), readStoredWork(store, at)]);
    return { local, kept };
  }

  async function find(at: AttemptRef): Promise<AttemptRepository | null> {
    const { local, kept } = await look(at);
    if (local === null && kept === null) {
      return null;
    }
    const repository = pickCurrent(local, kept)?.repository ?? (await alone(at, () => catchUp(at)));
    const borrowed = [repository.baseSha, ...(repository.submodules ?? []).map(({ sha }) => sha)];
    const isThere = await Promise.all(borrowed.map((sha) => hasCommit(repository.path, sha)));
    if (isThere.includes(false)) {
      // A mirror it borrows from was lost.
      await ensureBase(repository);
    }
    return repository;
  }

  /** Updates the directory to what is stored, whatever it has already. What it has beyond that stays. */
  async function catchUp(at: AttemptRef): Promise<AttemptRepository> {
    const { local, kept } = await look(at);
    const current = pickCurrent(local, kept);
    if (current !== null) {
      return current.repository;
    }
    if (kept === null) {
      throw new WorkLost(`The repository of attempt ${at.epoch} of task ${at.taskId} was removed.`);
    }
    const { bundle: _bundle, former: _former, checkSha = null, headSha, version: _version, ...facts } = kept;
    const repository = { ...facts, taskId: at.taskId, epoch: at.epoch, path: pathOf(at) };
    await ensureBase(repository);
    const fill = async (gitDir: string): Promise<KeptFacts> => {
      const wanted = [headSha, checkSha].filter((sha) => sha !== null);
      const isThere = await Promise.all(wanted.map((sha) => hasCommit(gitDir, sha)));
      if (isThere.includes(false) && kept.bundle !== null) {
        const bytes = await readBundle(store, { ...at, bundle: kept.bundle });
        await takeBundle(gitDir, bytes);
      }
      await checkComplete(gitDir, { ...kept, headSha: headSha ?? kept.startSha });
      await setStart(gitDir, kept);
      await setWork(gitDir, kept);
      await setCheck(gitDir, { ...at, checkSha });
      return kept;
    };
    if (local === null) {
      return buildLocal(repository, { mirror: mirrors.path, fill });
    }
    await writeLocal(local.repository.path, { ...local, kept: await fill(local.repository.path) });
    return local.repository;
  }

  async function ensureBase(repository: AttemptRepository): Promise<void> {
    const { baseBranch: branch, baseSha: sha, repositoryId, submodules = [], taskId } = repository;
    if (!(await hasCommit(mirrors.path(repositoryId), sha))) {
      await options.fetchCommit({ taskId, repositoryId, branch, sha });
    }
    for (const submodule of submodules) {
      if (!(await hasCommit(mirrors.path(submodule.repositoryId), submodule.sha))) {
        await options.fetchCommit({ ...submodule, taskId, submodule });
      }
    }
  }

  async function tip(at: AttemptRef): Promise<string | null> {
    const { local, kept } = await look(at);
    const current = pickCurrent(local, kept)?.repository ?? null;
    const head = current === null ? (kept?.headSha ?? null) : await readWorkHead(current);
    return head === (current ?? kept)?.startSha ? null : head;
  }

  async function storeWork(
    repository: AttemptRepository,
    gitDir: string,
    before: KeptFacts | null,
  ): Promise<KeptFacts> {
    const { path: _path, taskId: _taskId, epoch: _epoch, ...facts } = repository;
    const [headSha, checkSha] = await Promise.all(
      [repository.workBranch, checkBranch(repository)].map((workBranch) => readWorkHead({ path: gitDir, workBranch })),
    );
    const bundle = await makeBundle({ ...repository, path: gitDir });
    return writeStoredWork(store, repository, {
      facts: { ...facts, headSha: headSha ?? null, ...(checkSha === null ? {} : { checkSha }) },
      bundle,
      before,
    });
  }

  async function make(request: PrepareRequest): Promise<AttemptRepository> {
    const { start, ...facts } = request;
    const source = start?.kind === 'quarantined' ? await findSource(start) : null;
    const repository = { ...facts, path: pathOf(request), startSha: start?.sha ?? request.baseSha };
    await ensureBase(repository);
    return buildLocal(repository, {
      mirror: mirrors.path,
      fill: async (gitDir) => {
        if (source !== null) {
          await copyWork(source, gitDir, { headSha: repository.startSha, baseSha: request.baseSha });
        }
        if (start !== null) {
          await setStart(gitDir, repository);
          await setWork(gitDir, { workBranch: request.workBranch, headSha: start.sha });
        }
        return storeWork(repository, gitDir, null);
      },
    });
  }

  async function findSource(at: AttemptRef & { sha: string }): Promise<AttemptRepository> {
    const source = await find(at);
    if (source === null || !(await hasCommit(source.path, at.sha))) {
      throw new WorkLost(`The earlier work ${at.sha} of attempt ${at.epoch} of task ${at.taskId} is gone.`);
    }
    return source;
  }

  return {
    find,
    tip,
    async prepare(request) {
      const existing = await find(request);
      if (existing !== null && ((await tip(request)) !== null || isSame(existing, request))) {
        return existing;
      }
      return alone(request, () => make(request));
    },
    async keep(at) {
      await alone(at, async () => {
        const local = await readLocal(pathOf(at));
        if (local === null) {
          throw new WorkLost(`The repository of attempt ${at.epoch} of task ${at.taskId} was removed.`);
        }
        const headSha = await readWorkHead(local.repository);
        if (local.kept === null || local.kept.headSha !== headSha) {
          const kept = await storeWork(local.repository, local.repository.path, local.kept);
          await writeLocal(local.repository.path, { ...local, kept });
        }
      });
    },
    async pin(at, sha) {
      await find(at);
      await alone(at, async () => {
        const local = await readLocal(pathOf(at));
        if (local === null) {
          throw new WorkLost(`The repository of attempt ${at.epoch} of task ${at.taskId} was removed.`);
        }
        const { path } = local.repository;
        await setCheck(path, { ...at, checkSha: sha });
        const kept = await storeWork(local.repository, path, local.kept);
        await writeLocal(path, { ...local, kept });
      });
    },
    async remove(at) {
      await rm(pathOf(at), { recursive: true, force: true });
      await removeStoredWork(store, at);
    },
  };
}

/** Commit of the work branch: what the worker pushed last, or the earlier work it was given; null without either. */
export async function readWorkHead(repository: Pick<AttemptRepository, 'path' | 'workBranch'>): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', `refs/heads/${repository.workBranch}^{commit}`];
  const result = await runGit({ gitDir: repository.path, args });
  return result.ok ? result.stdout.toString('utf8').trim() : null;
}

/**
 * The directory, if it has what was acknowledged last. It has more between git receiving a push and its being stored, and
 * less when a later push went through another machine.
 */
function pickCurrent(local: LocalRepository | null, kept: KeptFacts | null): LocalRepository | null {
  const isSame = local?.kept?.headSha === kept?.headSha && (local?.kept?.checkSha ?? null) === (kept?.checkSha ?? null);
  return kept === null || (local?.kept !== null && isSame) ? local : null;
}

function isSame(existing: AttemptRepository, request: PrepareRequest): boolean {
  return (
    existing.baseBranch === request.baseBranch &&
    existing.baseSha === request.baseSha &&
    existing.workBranch === request.workBranch &&
    existing.startSha === (request.start?.sha ?? request.baseSha) &&
    JSON.stringify(existing.submodules ?? []) === JSON.stringify(request.submodules ?? [])
  );
}
