import { RequestError } from '@octokit/request-error';
import { takeStart } from '../../../protocol/index.ts';
import type { GitHubProblem } from '../github.ts';

const MAX_MESSAGE_CHARS = 300;
/** What GitHub asks for when it names no time: at least one minute. */
const SECONDARY_LIMIT_MS = 60_000;

/**
 * Turns what octokit threw into a problem. A secondary limit without a time gets one minute; whoever counts repeated
 * ones makes it longer. Anything octokit did not make is a mistake of ours and is thrown again.
 */
export function readProblem(error: unknown, now: Date): GitHubProblem {
  if (isAborted(error)) {
    return unavailable('GitHub did not answer in time');
  }
  if (!(error instanceof RequestError)) {
    throw error;
  }
  const { response } = error;
  if (!response) {
    return unavailable(oneLine(`GitHub could not be reached: ${error.message}`));
  }
  return problemOf({ status: response.status, headers: response.headers, data: response.data }, now);
}

/** A problem without an answer: network, timeout, an answer nobody can read. */
export function unavailable(message: string): GitHubProblem {
  return { kind: 'unavailable', status: null, message, retryAt: null };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: { readonly [header: string]: string | number | undefined };
  readonly data: unknown;
}

/** The problem an answer of 300 or above tells of. */
export function problemOf(answer: RawAnswer, now: Date): GitHubProblem {
  const message = messageOf(answer);
  const limitedUntil = readLimit(answer, { message, now });
  if (limitedUntil) {
    return { kind: 'limited', status: answer.status, message, retryAt: limitedUntil };
  }
  const kind = kindOf(answer.status);
  return { kind, status: answer.status, message, retryAt: readRetryAfter(answer, now) };
}

function kindOf(status: number): GitHubProblem['kind'] {
  if (status >= 500) {
    return 'unavailable';
  }
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'not_found';
    case 409:
      return 'conflict';
    case 301:
    case 410:
    case 451:
      return 'gone';
    default:
      return 'invalid';
  }
}

/** When a primary or secondary limit ends; null when the answer tells of none. */
function readLimit(answer: RawAnswer, seen: { message: string; now: Date }): Date | null {
  if (answer.status !== 403 && answer.status !== 429) {
    return null;
  }
  const retryAfter = readRetryAfter(answer, seen.now);
  if (retryAfter) {
    return retryAfter;
  }
  const { remaining, resetAt } = readQuota(answer);
  if (remaining === 0 && resetAt) {
    return resetAt;
  }
  const isSecondary = /secondary rate limit|abuse detection/i.test(seen.message);
  if (isSecondary || answer.status === 429) {
    return new Date(seen.now.getTime() + SECONDARY_LIMIT_MS);
  }
  return null;
}

/** Requests left of the primary limit of the REST API and when it starts again; GraphQL has a limit of its own. */
export function readQuota(answer: Pick<RawAnswer, 'headers'>): { remaining: number | null; resetAt: Date | null } {
  if ((answer.headers['x-ratelimit-resource'] ?? 'core') !== 'core') {
    return { remaining: null, resetAt: null };
  }
  const remaining = readNumber(answer.headers['x-ratelimit-remaining']);
  const resetSeconds = readNumber(answer.headers['x-ratelimit-reset']);
  return { remaining, resetAt: resetSeconds === null ? null : new Date(resetSeconds * 1000) };
}

function readRetryAfter(answer: RawAnswer, now: Date): Date | null {
  const value = answer.headers['retry-after'];
  const seconds = readNumber(value);
  if (seconds !== null) {
    return new Date(now.getTime() + seconds * 1000);
  }
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : new Date(at);
}

function readNumber(value: string | number | undefined): number | null {
  if (value === undefined || value === '') {
    return null;
  }
  const number = Number(value);
  return Number.isFinite(number) && number >= 0 ? number : null;
}

function messageOf(answer: RawAnswer): string {
  const { data } = answer;
  if (typeof data !== 'object' || data === null || !('message' in data)) {
    return `GitHub answered ${answer.status}`;
  }
  const details = 'errors' in data && Array.isArray(data.errors) ? data.errors.map(describeDetail) : [];
  return oneLine([String(data.message), ...details].filter((part) => part !== '').join(': '));
}

function describeDetail(detail: unknown): string {
  if (typeof detail === 'string') {
    return detail;
  }
  if (typeof detail !== 'object' || detail === null) {
    return '';
  }
  if ('message' in detail && typeof detail.message === 'string') {
    return detail.message;
  }
  const field = 'field' in detail ? String(detail.field) : '';
  const code = 'code' in detail ? String(detail.code) : '';
  return `${field} ${code}`.trim();
}

/** What GitHub says, for logs and comments. */
export function oneLine(text: string): string {
  // Control characters could forge log lines; what GitHub says is shown to people.
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_MESSAGE_CHARS ? `${takeStart(line, MAX_MESSAGE_CHARS)}…` : line;
}

function isAborted(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  return error.name === 'AbortError' || error.name === 'TimeoutError' || isAborted(error.cause);
}
