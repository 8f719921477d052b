import { setTimeout as wait } from 'node:timers/promises';
import type { Octokit } from '@octokit/rest';
import type { Clock } from '../../task/clock.ts';
import type { RepositoryRef } from '../../task/task.ts';
import type { GitHubProblem, GitHubResult, WritePriority } from '../github.ts';
import { limited } from '../limits/write-queue.ts';
import type { Limits } from '../limits/limits.ts';
import type { Answer, Call, Connection, Quota } from './connection.ts';
import type { At, Names } from './names.ts';
import type { Profile, TokenNeed, TokenSource } from './tokens.ts';

/** Whether the turn to write is still ours. */
type Holds = () => boolean;
type RepositoryCall<T> = (octokit: Octokit, at: At) => ReturnType<Call<T>>;

/** One installation's way to GitHub: tokens, limits, stale names and retries are dealt with here. */
export interface Client {
  readonly tokens: TokenSource;
  /** A safe read, tried again twice when GitHub does not answer. */
  read<T>(repository: RepositoryRef, call: RepositoryCall<T>, profile?: Profile): Promise<GitHubResult<Answer<T>>>;
  /** Something else that changes GitHub, such as a push: runs in its turn. */
  inTurn<T>(priority: WritePriority, run: () => Promise<GitHubResult<T>>): Promise<GitHubResult<T>>;
  /** A change: sent once, in its turn. After `unavailable` it may have happened all the same. */
  write<T>(
    repository: RepositoryRef,
    call: RepositoryCall<T>,
    options: { profile: Profile; priority: WritePriority; token?: string },
  ): Promise<GitHubResult<Answer<T>>>;
}

export interface ClientOptions {
  readonly connection: Connection;
  readonly tokens: TokenSource;
  readonly limits: Limits;
  readonly names: Names;
  readonly clock: Clock;
  readonly onAnswer: (seen: { quota: Quota; problem: GitHubProblem | null }) => void;
  /** Replaced in tests. */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

const RETRY_DELAYS_MS = [250, 1_000];

export function createClient(options: ClientOptions): Client {
  const { clock, connection, tokens, limits, names } = options;
  const sleep = options.sleep ?? ((ms: number) => wait(ms));

  async function sendWith<T>(token: string, call: Call<T>, holds: Holds): Promise<GitHubResult<Answer<T>>> {
    const blockedUntil = await limits.fetchBlockedUntil();
    if (blockedUntil) {
      return { ok: false, problem: limited(blockedUntil) };
    }
    if (!holds()) {
      // This process was suspended for so long that another one writes by now.
      return { ok: false, problem: limited(clock.now()) };
    }
    const sent = await connection.send(token, call);
    const problem = sent.ok ? null : sent.problem;
    await limits.observe({ quota: sent.quota, problem });
    // 304 is an answer like any other.
    options.onAnswer({ quota: sent.quota, problem: problem?.status === 304 ? null : problem });
    return sent.ok ? { ok: true, value: sent.answer } : { ok: false, problem: sent.problem };
  }

  async function sendOnce<T>(need: TokenNeed, call: Call<T>, holds: Holds): Promise<GitHubResult<Answer<T>>> {
    if (need.token !== undefined) {
      return sendWith(need.token, call, holds);
    }
    const token = await tokens.get(need);
    if (!token.ok) {
      return token;
    }
    const result = await sendWith(token.value, call, holds);
    if (result.ok || result.problem.kind !== 'unauthorized' || !tokens.forget(token.value)) {
      return result;
    }
    const renewed = await tokens.get(need);
    return renewed.ok ? sendWith(renewed.value, call, holds) : renewed;
  }

  /** Sends under the last known name; when that leads nowhere, asks by number what the name is now. */
  async function sendNamed<T>(
    repository: RepositoryRef,
    call: RepositoryCall<T>,
    { holds, profile, token }: { profile: Profile; holds: Holds; token?: string | undefined },
  ): Promise<GitHubResult<Answer<T>>> {
    const need = { repositoryId: repository.id, profile, ...(token !== undefined && { token }) };
    const at = names.current(repository);
    const result = await sendOnce(need, (octokit) => call(octokit, at), holds);
    if (result.ok || !needsLookup(result.problem, { isFresh: names.isFresh(repository.id) })) {
      return result;
    }
    const found = await sendOnce(
      { repositoryId: repository.id, profile: 'read' },
      (octokit) => octokit.request('GET /repositories/{repository_id}', { repository_id: repository.id }),
      holds,
    );
    if (!found.ok) {
      const isGone = found.problem.kind === 'not_found';
      return isGone ? { ok: false, problem: gone(repository, found.problem) } : result;
    }
    const now = names.learn(repository.id, (found.value.data as { full_name: string }).full_name);
    return isSame(at, now) ? result : sendOnce(need, (octokit) => call(octokit, now), holds);
  }

  return {
    tokens,
    async read(repository, call, profile = 'read') {
      let result = await sendNamed(repository, call, { profile, holds: always });
      for (const delayMs of RETRY_DELAYS_MS) {
        if (result.ok || result.problem.kind !== 'unavailable' || result.problem.retryAt) {
          return result;
        }
        await sleep(delayMs);
        result = await sendNamed(repository, call, { profile, holds: always });
      }
      return result;
    },
    write(repository, call, { profile, priority, token }) {
      return limits.write(priority, (holds) => sendNamed(repository, call, { profile, holds, token }));
    },
    inTurn: (priority, run) => limits.write(priority, run),
  };
}

/** A read needs no turn. */
function always(): boolean {
  return true;
}

/**
 * A repository that was renamed answers 301: that is certain, however lately the name was looked up. One whose old name
 * someone else took answers 403 or 404, which a name that was just confirmed explains as the absence of the thing itself.
 */
function needsLookup(problem: GitHubProblem, name: { readonly isFresh: boolean }): boolean {
  const mayBeStale = problem.kind === 'not_found' || problem.kind === 'forbidden';
  return isRedirect(problem) || (mayBeStale && !name.isFresh);
}

function isSame(one: At, other: At): boolean {
  return one.owner.toLowerCase() === other.owner.toLowerCase() && one.repo.toLowerCase() === other.repo.toLowerCase();
}

function isRedirect(problem: GitHubProblem): boolean {
  return problem.status !== null && problem.status !== 304 && problem.status >= 300 && problem.status < 400;
}

function gone(repository: RepositoryRef, problem: GitHubProblem): GitHubProblem {
  return {
    ...problem,
    kind: 'gone',
    message: `Repository ${repository.id} does not exist, or the App has no access to it`,
  };
}
