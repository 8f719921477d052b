import { randomUUID } from 'node:crypto';
import type { Clock } from '../task/clock.ts';
import { createGitHub } from './create-github.ts';
import { createDeliveryCalls } from './deliveries.ts';
import type { GitHub, GitHubActivity, GitHubApp, GitHubProblem } from './github.ts';
import { createLimits, type Limits } from './limits/limits.ts';
import { createAppRequest } from './request/app-request.ts';
import { createClient } from './request/client.ts';
import { createConnection } from './request/connection.ts';
import type { Quota } from './request/connection.ts';
import { createNames } from './request/names.ts';
import { readPages } from './request/read-pages.ts';
import { createInstallationTokens } from './request/tokens.ts';
import type { WriteLocks } from '../task/ports/write-locks.ts';

/** What happened on the way to GitHub, for logs and metrics. Never a token. */
export type GitHubNotice =
  | {
      readonly kind: 'answer';
      readonly installationId: number;
      readonly quota: Quota;
      readonly problem: GitHubProblem | null;
    }
  | { readonly kind: 'revoke_failed'; readonly installationId: number; readonly problem: GitHubProblem };

export interface GitHubAppOptions {
  readonly appId: number;
  /** PEM of the App's RSA key. Throws at once when it cannot be read. */
  readonly privateKey: string;
  readonly apiUrl: string;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Shared by all processes of this App. */
  readonly writeLocks: WriteLocks;
  readonly fetch?: typeof globalThis.fetch;
  readonly timeoutMs?: number;
  readonly onNotice?: (notice: GitHubNotice) => void;
  /** How to wait for limits and between tries; with a clock of its own a simulation brings its own sleep. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export const REQUEST_TIMEOUT_MS = 10_000;

/** The App on GitHub: its own calls, and one `GitHub` per installation with a queue of its own. */
export function createGitHubApp(options: GitHubAppOptions): GitHubApp {
  const { clock, onNotice, writeLocks: turns } = options;
  const sleeping = options.sleep ? { sleep: options.sleep } : {};
  const connection = createConnection({ ...options, timeoutMs: options.timeoutMs ?? REQUEST_TIMEOUT_MS });
  const app = createAppRequest({ ...options, connection });
  const names = createNames(clock);
  const installations = new Map<number, GitHub & GitHubActivity>();
  const limitsOf = new Map<number, Limits>();
  const holder = randomUUID();
  turns.watch((notice) => {
    const told = notice === null ? [...limitsOf.values()] : [limitsOf.get(notice.installationId)];
    for (const limits of told) {
      limits?.notice(notice);
    }
  });

  function createInstallation(installationId: number): GitHub & GitHubActivity {
    const limits = createLimits({ installationId, holder, writeLocks: turns, clock, ...sleeping });
    limitsOf.set(installationId, limits);
    const client = createClient({
      connection,
      tokens: createInstallationTokens({ installationId, app, clock }),
      limits,
      names,
      clock,
      ...sleeping,
      onAnswer: (seen) => onNotice?.({ kind: 'answer', installationId, ...seen }),
    });
    return createGitHub({
      client,
      onRevokeFailed: (problem) => onNotice?.({ kind: 'revoke_failed', installationId, problem }),
    });
  }

  return {
    ...createDeliveryCalls(app),

    installation(installationId) {
      const known = installations.get(installationId) ?? createInstallation(installationId);
      installations.set(installationId, known);
      return known;
    },

    async fetchInstallations() {
      const found = await readPages((page) => app.send((octokit) => octokit.rest.apps.listInstallations({ ...page })));
      return found.ok
        ? { ok: true, value: found.value.filter((one) => one.suspended_at === null).map(({ id }) => id) }
        : found;
    },

    async fetchSelf() {
      const answer = await app.send((octokit) => octokit.rest.apps.getAuthenticated());
      if (!answer.ok) {
        return answer;
      }
      const self = answer.value.data;
      return {
        ok: true,
        value: {
          appId: self?.id ?? options.appId,
          slug: self?.slug ?? '',
          name: self?.name ?? '',
          permissions: (self?.permissions ?? {}) as Readonly<Record<string, string>>,
          events: self?.events ?? [],
        },
      };
    },
  };
}
