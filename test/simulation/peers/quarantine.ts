import type { AttemptRepository } from '../../../app/git/attempt/attempt.ts';
import type { AttemptRepositories, PrepareRequest } from '../../../app/git/attempt-repository.ts';
import type { Mirrors } from '../../../app/git/mirror.ts';
import type { GateFacts } from '../../../app/publish/gate/gate-facts.ts';
import type { WorkGit } from '../../../app/publish/work-git.ts';
import type { Commits, SimCommit } from './commits.ts';
import type { GitHubState } from './github/github-state.ts';

/** Where workers push to and the publisher takes from; shared by all processes, as a store of artifacts would be. */
export interface Quarantine {
  readonly repositories: AttemptRepositories;
  readonly mirrors: Pick<
    Mirrors,
    'refresh' | 'readFile' | 'listFiles' | 'listFolders' | 'readDocument' | 'pathKind' | 'branchSha'
  >;
  readonly git: WorkGit;
  /** What the door does with a push of a worker; false when there is no such repository or it is no fast-forward. */
  receive(at: { taskId: string; epoch: number }, commit: SimCommit): boolean;
}

export interface QuarantineEvents {
  onPrepare(request: PrepareRequest, tipOf: (at: { taskId: string; epoch: number }) => string | null): void;
  /** A repository is thrown away; `tip` is what was pushed to it. */
  onRemove(at: { taskId: string; epoch: number }, tip: string | null): void;
  onPush(push: { repositoryId: number; branch: string; sha: string; before: string | null }): void;
}

interface Held {
  readonly repository: AttemptRepository;
  tip: string | null;
}

/**
 * git over simulated commits, at the ports of the orchestrator and the publisher. Real objects, packs, hooks and the
 * reading of trees are not covered here: `test/publish` and `test/git` run those over real git.
 */
export function createQuarantine(commits: Commits, github: GitHubState, events: QuarantineEvents): Quarantine {
  const held = new Map<string, Held>();
  const mirrored = new Map<string, string>();
  const keyOf = (at: { taskId: string; epoch: number }): string => `${at.taskId}/${at.epoch}`;

  const repositories: AttemptRepositories = {
    async prepare(request) {
      const known = held.get(keyOf(request));
      if (known !== undefined && known.tip !== null) {
        return known.repository;
      }
      events.onPrepare(request, (at) => held.get(keyOf(at))?.tip ?? null);
      const { baseBranch, baseSha, epoch, repositoryId, start, taskId, workBranch } = request;
      const startSha = start?.sha ?? baseSha;
      const repository = {
        taskId,
        epoch,
        repositoryId,
        baseBranch,
        baseSha,
        workBranch,
        startSha,
        path: keyOf(request),
      };
      held.set(keyOf(request), { repository, tip: null });
      return repository;
    },
    find: async (at) => held.get(keyOf(at))?.repository ?? null,
    tip: async (at) => held.get(keyOf(at))?.tip ?? null,
    keep: async () => undefined,
    pin: async () => undefined,
    async remove(at) {
      const known = held.get(keyOf(at));
      if (known !== undefined) {
        events.onRemove({ taskId: at.taskId, epoch: at.epoch }, known.tip);
        held.delete(keyOf(at));
      }
    },
  };

  const git: WorkGit = {
    readHead: async (repository) => held.get(repository.path)?.tip ?? null,
    inspect: async ({ baseSha, tipSha }) => ({
      facts: inspect(commits, { baseSha, tipSha }),
      patch: Buffer.from(`from ${baseSha} to ${tipSha}\n`),
    }),
    readChange: async ({ baseSha, tipSha }) => ({ weakened: [], patch: Buffer.from(`from ${baseSha} to ${tipSha}\n`) }),
    async rebuild({ baseSha, commits: given, firstAt }) {
      let headSha = baseSha;
      for (const { message, tree } of given) {
        headSha = commits.rebuild({ parent: headSha, tree, message, at: firstAt }).sha;
      }
      return { headSha, commits: given.length };
    },
    readApproved: () => Promise.reject(new Error('no commits are signed here')),
    readChanges: () => Promise.reject(new Error('no commits are signed here')),
    async push({ branch, repository, sha }) {
      const refs = github.repositories.get(repository.id)?.refs;
      const before = refs?.get(branch) ?? null;
      if (refs === undefined || (before !== null && commits.line(before, sha) === null)) {
        return { kind: 'moved' };
      }
      if (before !== sha) {
        refs.set(branch, sha);
        events.onPush({ repositoryId: repository.id, branch, sha, before });
      }
      return { kind: 'pushed' };
    },
  };

  return {
    repositories,
    git,
    mirrors: {
      async refresh({ branches, repository }) {
        const shas = new Map<string, string>();
        for (const branch of branches) {
          const sha = github.repositories.get(repository.id)?.refs.get(branch);
          if (sha !== undefined) {
            shas.set(branch, sha);
            mirrored.set(`${repository.id}/${branch}`, sha);
          }
        }
        return { ok: true, shas };
      },
      readFile: async () => null,
      readDocument: async () => ({ kind: 'absent' }),
      pathKind: async () => 'folder',
      listFiles: async () => [],
      listFolders: async () => [],
      branchSha: async (repositoryId, branch) => mirrored.get(`${repositoryId}/${branch}`) ?? null,
    },
    receive(at, commit) {
      const known = held.get(keyOf(at));
      if (known === undefined || commits.line(known.tip ?? known.repository.startSha, commit.sha) === null) {
        return false;
      }
      known.tip = commit.sha;
      return true;
    },
  };
}

function inspect(commits: Commits, range: { baseSha: string; tipSha: string }): GateFacts {
  const line = commits.line(range.baseSha, range.tipSha);
  const paths = new Set((line ?? []).flatMap((commit) => commit.paths));
  return {
    ...range,
    isOnBase: line !== null,
    commits: line?.length ?? 1,
    line: (line ?? []).map(({ sha, subject, tree }) => ({ sha, subject, tree })),
    net: [...paths].map((path) => ({
      path,
      isUtf8: true,
      status: 'M',
      oldMode: '100644',
      mode: '100644',
      oldSha: '0'.repeat(40),
      sha: '1'.repeat(40),
      size: 100,
      isBinary: false,
      filterNotRun: null,
      secrets: [],
      installs: [],
    })),
    steps: [],
    isCut: false,
    isHistoryCut: false,
    patchBytes: paths.size * 100,
    spellings: new Map(),
  };
}
