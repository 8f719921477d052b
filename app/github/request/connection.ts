import { Octokit } from '@octokit/rest';
import type { Clock } from '../../task/clock.ts';
import type { GitHubProblem } from '../github.ts';
import { problemOf, readProblem, readQuota, unavailable } from './problem.ts';

export interface ConnectionOptions {
  /** `https://api.github.com`, or the `/api/v3` of an Enterprise Server. */
  readonly apiUrl: string;
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly fetch?: typeof globalThis.fetch;
}

export interface Answer<T> {
  readonly data: T;
  readonly headers: { readonly [header: string]: string | number | undefined };
}

export type Call<T> = (octokit: Octokit) => Promise<{
  readonly status: number;
  readonly data: T;
  readonly headers: { readonly [header: string]: string | number | undefined };
}>;

/** What one request came to; `remaining` and `resetAt` are the primary limit as the answer told it. */
export type Sent<T> =
  | { readonly ok: true; readonly answer: Answer<T>; readonly quota: Quota }
  | { readonly ok: false; readonly problem: GitHubProblem; readonly quota: Quota; readonly serverTime: Date | null };

export interface Quota {
  readonly remaining: number | null;
  readonly resetAt: Date | null;
}

const UNKNOWN_QUOTA: Quota = { remaining: null, resetAt: null };

/** Sends one request with one token, or without any, once. */
export interface Connection {
  send<T>(token: string | null, call: Call<T>): Promise<Sent<T>>;
}

/**
 * One request as it is: no retries and no throttling of a client's own, a timeout on every request, and no
 * redirects followed, because fetch would turn a redirected POST into a GET and carry the token to wherever it points.
 */
export function createConnection(options: ConnectionOptions): Connection {
  const { clock, timeoutMs } = options;

  function octokitFor(token: string | null): Octokit {
    const octokit = new Octokit({
      ...(token !== null && { auth: token }),
      baseUrl: options.apiUrl.replace(/\/$/, ''),
      userAgent: options.userAgent,
      // Octokit would write to the console; problems are returned as values.
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      request: { redirect: 'manual', ...(options.fetch && { fetch: options.fetch }) },
    });
    octokit.hook.before('request', (request) => {
      request.request.signal = AbortSignal.timeout(timeoutMs);
    });
    return octokit;
  }

  return {
    async send(token, call) {
      try {
        const { status, data, headers } = await call(octokitFor(token));
        const quota = readQuota({ headers });
        if (status >= 300) {
          return { ok: false, problem: problemOf({ status, headers, data }, clock.now()), quota, serverTime: null };
        }
        if (status !== 204 && (typeof data !== 'object' || data === null)) {
          return {
            ok: false,
            problem: unavailable('GitHub sent an answer that cannot be read'),
            quota,
            serverTime: null,
          };
        }
        return { ok: true, answer: { data, headers }, quota };
      } catch (error) {
        const problem = readProblem(error, clock.now());
        const headers = headersOf(error);
        return {
          ok: false,
          problem,
          quota: headers ? readQuota({ headers }) : UNKNOWN_QUOTA,
          serverTime: dateOf(headers),
        };
      }
    },
  };
}

function ignore(): void {}

function headersOf(error: unknown): Answer<unknown>['headers'] | null {
  const response = (error as { response?: { headers?: Answer<unknown>['headers'] } }).response;
  return response?.headers ?? null;
}

function dateOf(headers: Answer<unknown>['headers'] | null): Date | null {
  const at = Date.parse(String(headers?.['date'] ?? ''));
  return Number.isNaN(at) ? null : new Date(at);
}
