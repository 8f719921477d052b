import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createAttemptRepositories, type AttemptRepositories } from '../../app/git/attempt-repository.ts';
import { createMirrors, type Mirrors } from '../../app/git/mirror.ts';
import type { Artifacts } from '../../app/store/artifacts.ts';
import { createMemoryArtifacts } from '../../app/store/artifacts/memory-artifacts.ts';
import type { RepositoryRef } from '../../app/task/task.ts';
import { git } from './git-client.ts';
import { createGitServer, type GitServer } from './git-server.ts';

export const REPOSITORY: RepositoryRef = { id: 7, owner: 'ada', name: 'engine' };
export const TOKEN = 'ghs_test_token_0123456789';
export const WORK = 'bosun/01work-fix';

/** What one machine has of its own; the artifacts are everybody's. */
export interface Machine {
  readonly mirrors: Mirrors;
  readonly directory: string;
  readonly attempts: AttemptRepositories;
}

/** A server with one repository, a working tree of it, mirrors and attempt repositories, all in one directory. */
export interface GitFixture {
  readonly root: string;
  readonly server: GitServer;
  /** Bare repository behind the server. */
  readonly origin: string;
  readonly checkout: string;
  readonly mirrors: Mirrors;
  readonly attempts: AttemptRepositories;
  readonly store: Artifacts;
  /** Another machine with the same artifacts; `first` is the one that everything else here happens on. */
  attemptsOn(machine: string): Machine;
  /** Writes files and commits them to a branch of the server's repository; resolves with the commit. */
  commit(branch: string, files: Record<string, string>, message?: string): Promise<string>;
  refresh(...branches: string[]): ReturnType<Mirrors['refresh']>;
  /** Refreshes `main` and makes the repository of an attempt on it. */
  prepare(epoch?: number): ReturnType<AttemptRepositories['prepare']>;
  close(): Promise<void>;
}

export async function openGitFixture(): Promise<GitFixture> {
  const root = await mkdtemp(join(tmpdir(), 'bosun-git-'));
  const origin = join(root, 'server', 'ada', 'engine.git');
  const checkout = join(root, 'checkout');
  await git(root, 'init', '-q', '--bare', '-b', 'main', origin);
  await linkWorktree(origin, checkout);
  const server = await createGitServer(join(root, 'server'), TOKEN);
  const store = createMemoryArtifacts();
  const attemptsOn = (machine: string): Machine => {
    const own = createMirrors({ directory: join(root, machine, 'mirrors'), serverUrl: server.url });
    const fetchCommit = async ({ branch, sha }: { branch: string; sha: string }): Promise<void> => {
      const brought = await own.ensureCommit({ repository: REPOSITORY, token: TOKEN, branch, sha });
      if (!brought.ok || !brought.found) {
        throw new Error(`the commit ${sha} cannot be had`);
      }
    };
    const directory = join(root, machine, 'attempts');
    return {
      mirrors: own,
      directory,
      attempts: createAttemptRepositories({ directory, mirrors: own, store, fetchCommit: fetchCommit }),
    };
  };
  const { attempts, mirrors } = attemptsOn('first');
  const fixture: GitFixture = {
    root,
    server,
    origin,
    checkout,
    mirrors,
    attempts,
    store,
    attemptsOn,
    async commit(branch, files, message = 'A change') {
      await git(checkout, 'checkout', '-q', '-B', branch);
      await writeFiles(checkout, files);
      await git(checkout, 'add', '-A');
      await git(checkout, 'commit', '-q', '--allow-empty', '-m', message);
      return git(checkout, 'rev-parse', 'HEAD');
    },
    refresh: (...branches) => mirrors.refresh({ repository: REPOSITORY, token: TOKEN, branches }),
    async prepare(epoch = 1) {
      const refreshed = await fixture.refresh('main');
      const baseSha = refreshed.ok ? refreshed.shas.get('main') : undefined;
      return attempts.prepare({
        taskId: '01WORK',
        epoch,
        repositoryId: REPOSITORY.id,
        baseBranch: 'main',
        baseSha: baseSha ?? '',
        workBranch: WORK,
        start: null,
      });
    },
    async close() {
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
  return fixture;
}

/** A working tree on a branch without commits, as `git worktree add --orphan` of later versions makes it. */
async function linkWorktree(repository: string, path: string): Promise<void> {
  const own = join(repository, 'worktrees', 'checkout');
  await writeFiles(own, { HEAD: 'ref: refs/heads/unborn\n', commondir: '../..\n', gitdir: `${path}/.git\n` });
  await writeFiles(path, { '.git': `gitdir: ${own}\n` });
}

export async function writeFiles(directory: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}
