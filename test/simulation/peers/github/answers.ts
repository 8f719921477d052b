import type { GitHubResult } from '../../../../app/github/github.ts';

export function found<T>(value: T): GitHubResult<T> {
  return { ok: true, value };
}

export function problem(kind: 'not_found' | 'invalid' | 'forbidden', message: string): GitHubResult<never> {
  const status = { not_found: 404, invalid: 422, forbidden: 403 }[kind];
  return { ok: false, problem: { kind, status, message, retryAt: null } };
}
