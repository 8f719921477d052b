import type { Clock } from '../../task/clock.ts';
import type { GitHubProblem, GitHubResult } from '../github.ts';
import type { AppRequest } from './app-request.ts';

/** What a token may do; each as narrow as its calls allow. */
const PROFILES = {
  read: { metadata: 'read', contents: 'read', issues: 'read', pull_requests: 'read' },
  /** For all repositories of the installation at once: to see what changed, and nothing else. */
  watch: { metadata: 'read', issues: 'read', pull_requests: 'read' },
  talk: { metadata: 'read', issues: 'write', pull_requests: 'write' },
  checks: { metadata: 'read', checks: 'write' },
  /** Apart from the rest, so that an installation that has not accepted one of these loses only what needs it. */
  statuses: { metadata: 'read', statuses: 'read' },
  actions: { metadata: 'read', actions: 'read' },
  publish: { metadata: 'read', contents: 'write', issues: 'write', pull_requests: 'write', checks: 'write' },
} as const;
export type Profile = keyof typeof PROFILES;

export interface TokenNeed {
  readonly repositoryId: number;
  readonly profile: Profile;
  /** A minted token to use instead of a kept one. */
  readonly token?: string;
}

/** Where the tokens of one installation come from. */
export interface TokenSource {
  /** A token that stays good for at least five minutes. */
  get(need: TokenNeed): Promise<GitHubResult<string>>;
  /** GitHub refused this token: forget it. False when there is no other to be had. */
  forget(token: string): boolean;
  /** A fresh token that nobody else uses. */
  mint(need: TokenNeed): Promise<GitHubResult<string>>;
  /** Makes a minted token worthless. */
  revoke(token: string): Promise<GitHubResult<void>>;
}

const RENEW_BEFORE_MS = 5 * 60_000;
const MAX_CACHED = 2_000;

interface Cached {
  readonly token: string;
  readonly expiresAtMs: number;
}

export interface InstallationTokensOptions {
  readonly installationId: number;
  readonly app: AppRequest;
  readonly clock: Clock;
}

/** Tokens narrowed to one profile and, but for `watch`, to one repository, minted when needed and kept until five minutes before they expire. */
export function createInstallationTokens(options: InstallationTokensOptions): TokenSource {
  const cache = new Map<string, Cached>();
  const minting = new Map<string, Promise<GitHubResult<Cached>>>();

  async function mintCached(need: TokenNeed): Promise<GitHubResult<Cached>> {
    const answer = await options.app.send((octokit) =>
      octokit.rest.apps.createInstallationAccessToken({
        installation_id: options.installationId,
        ...(need.profile === 'watch' ? {} : { repository_ids: [need.repositoryId] }),
        permissions: { ...PROFILES[need.profile] },
      }),
    );
    if (!answer.ok) {
      return { ok: false, problem: explainRefusal(answer.problem, need) };
    }
    const { token, expires_at: expiresAt } = answer.value.data;
    return { ok: true, value: { token, expiresAtMs: Date.parse(expiresAt) } };
  }

  async function renew(key: string, need: TokenNeed): Promise<GitHubResult<Cached>> {
    const minted = await mintCached(need).finally(() => minting.delete(key));
    if (minted.ok) {
      cache.delete(key);
      cache.set(key, minted.value);
      dropOldest(cache);
    }
    return minted;
  }

  return {
    async get(need) {
      const key = need.profile === 'watch' ? 'watch' : `${need.repositoryId}:${need.profile}`;
      const cached = cache.get(key);
      if (cached && cached.expiresAtMs - RENEW_BEFORE_MS > options.clock.now().getTime()) {
        return { ok: true, value: cached.token };
      }
      // Several callers at once share one minting.
      const pending = minting.get(key) ?? renew(key, need);
      minting.set(key, pending);
      const minted = await pending;
      return minted.ok ? { ok: true, value: minted.value.token } : minted;
    },

    forget(token) {
      for (const [key, cached] of cache) {
        if (cached.token === token) {
          cache.delete(key);
        }
      }
      return true;
    },

    async mint(need) {
      const minted = await mintCached(need);
      return minted.ok ? { ok: true, value: minted.value.token } : minted;
    },

    async revoke(token) {
      const answer = await options.app.sendWith(token, (octokit) => octokit.rest.apps.revokeInstallationAccessToken());
      return answer.ok ? { ok: true, value: undefined } : answer;
    },
  };
}

/** The one token of a workflow run: never renewed, never revoked. */
export function createFixedTokens(token: string): TokenSource {
  const result: GitHubResult<string> = { ok: true, value: token };
  return {
    get: () => Promise.resolve(result),
    forget: () => false,
    mint: () => Promise.resolve(result),
    revoke: () => Promise.resolve({ ok: true, value: undefined }),
  };
}

/**
 * A refused token is about access, never about the thing asked for: left as it is, the 404 of an uninstalled App would
 * read as "this file does not exist".
 */
function explainRefusal(problem: GitHubProblem, need: TokenNeed): GitHubProblem {
  if (problem.kind === 'not_found') {
    return { ...problem, kind: 'gone', message: 'The App is no longer installed there' };
  }
  if (problem.kind !== 'invalid') {
    return problem;
  }
  if (/permission/i.test(problem.message)) {
    return {
      ...problem,
      kind: 'forbidden',
      message: `The installation does not grant the permissions for "${need.profile}": ${problem.message}`,
    };
  }
  return {
    ...problem,
    kind: 'gone',
    message: `The App has no access to repository ${need.repositoryId}: ${problem.message}`,
  };
}

function dropOldest(cache: Map<string, Cached>): void {
  const oldest = cache.size > MAX_CACHED ? cache.keys().next().value : undefined;
  if (oldest !== undefined) {
    cache.delete(oldest);
  }
}
