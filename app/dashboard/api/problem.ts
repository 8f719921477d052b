import type { Context } from 'hono';
import type { WebEnv } from '../parts.ts';

const TITLES = {
  400: 'The request cannot be read',
  401: 'You are not signed in',
  403: 'You may not do that',
  404: 'There is nothing here',
  409: 'It could not be done',
  415: 'The body has to be JSON',
  422: 'The idempotency key belongs to another request',
  429: 'Too many requests',
  503: 'Not available right now',
} as const;

export type ProblemStatus = keyof typeof TITLES;

/** An error as RFC 9457 describes it, with a code for programs. */
export function problem(
  c: Context<WebEnv>,
  facts: { readonly status: ProblemStatus; readonly code: string; readonly detail: string },
): Response {
  const body = { type: 'about:blank', title: TITLES[facts.status], ...facts };
  return c.body(`${JSON.stringify(body)}\n`, facts.status, { 'content-type': 'application/problem+json' });
}
