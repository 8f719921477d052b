import { setTimeout as pause } from 'node:timers/promises';
import type { DoorLimits } from '../../door-limits.ts';
import type { Log } from '../../../task/ports/log.ts';
import type { SendUpstream, Sent, UpstreamRequest } from './send-upstream.ts';

/** What came of a request after all the tries. */
export type Forwarded =
  | { readonly kind: 'answer'; readonly sent: Extract<Sent, { kind: 'answer' }> }
  | { readonly kind: 'auth'; readonly status: number }
  | { readonly kind: 'busy'; readonly status: number | null }
  | Extract<Sent, { kind: 'lost' }>
  /** Given up; `waiting` when nothing was under way at that moment. */
  | { readonly kind: 'stopped'; readonly waiting: boolean };

export interface ForwardRules {
  readonly limits: Pick<DoorLimits, 'patienceMs' | 'firstPauseMs' | 'longestPauseMs'>;
  readonly log: Log;
  /** The worker hung up: no further try. */
  readonly gone: AbortSignal;
}

/**
 * Sends a request, again and again with jittered pauses while the provider is busy (429, 5xx, unreachable), for as long
 * as the patience lasts. A retry-after is obeyed; one that exceeds the patience ends it at once. A request that was sent
 * and not answered is not repeated here, because it may have been billed.
 */
export async function forward(
  send: SendUpstream,
  request: UpstreamRequest,
  { limits, log, gone }: ForwardRules,
): Promise<Forwarded> {
  const startedAt = performance.now();
  for (let tries = 0; ; tries += 1) {
    if (request.signal.aborted) {
      return { kind: 'stopped', waiting: true };
    }
    const sent = await send(request);
    if (sent.kind === 'stopped') {
      return { kind: 'stopped', waiting: false };
    }
    if (sent.kind === 'unsigned') {
      log.error('door: a request to the model provider could not be signed', { reason: sent.reason });
      return { kind: 'auth', status: 401 };
    }
    if (sent.kind === 'lost') {
      return sent;
    }
    if (sent.kind === 'answer' && !isBusy(sent.status)) {
      return conclude(sent);
    }
    const status = sent.kind === 'answer' ? sent.status : null;
    const retryAfterMs = sent.kind === 'answer' ? readRetryAfter(sent.message.headers) : null;
    if (sent.kind === 'answer') {
      sent.message.resume();
    }
    const pauseMs = decidePause({
      tries,
      retryAfterMs,
      leftMs: limits.patienceMs - (performance.now() - startedAt),
      limits,
      random: Math.random(),
    });
    log.warn('door: the model provider is busy', { status, tries: tries + 1, pauseMs });
    if (pauseMs === null) {
      return { kind: 'busy', status };
    }
    try {
      await pause(pauseMs, undefined, { signal: AbortSignal.any([gone, request.signal]) });
    } catch {
      return { kind: 'stopped', waiting: true };
    }
  }
}

function conclude(sent: Extract<Sent, { kind: 'answer' }>): Forwarded {
  if (sent.status === 401 || sent.status === 403) {
    sent.message.resume();
    return { kind: 'auth', status: sent.status };
  }
  if (sent.status >= 300 && sent.status < 400) {
    sent.message.resume();
    return { kind: 'busy', status: sent.status };
  }
  return { kind: 'answer', sent };
}

function isBusy(status: number): boolean {
  return status === 429 || status >= 500;
}

/** How long to wait before the next try, or null to give up. */
export function decidePause(facts: {
  tries: number;
  retryAfterMs: number | null;
  leftMs: number;
  limits: Pick<DoorLimits, 'firstPauseMs' | 'longestPauseMs'>;
  random: number;
}): number | null {
  const { firstPauseMs, longestPauseMs } = facts.limits;
  const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(facts.tries, 30));
  const jittered = ceiling / 2 + (facts.random * ceiling) / 2;
  // Everybody is told the same retry-after, so a little is added to it as well
  const pauseMs = facts.retryAfterMs === null ? jittered : facts.retryAfterMs + (facts.random * firstPauseMs) / 2;
  return pauseMs > facts.leftMs ? null : Math.ceil(pauseMs);
}

/** The wait a busy provider asks for; a date in the header is not worth the trouble of two clocks. */
export function readRetryAfter(headers: Readonly<Record<string, unknown>>): number | null {
  const ms = Number(headers['retry-after-ms'] ?? Number.NaN);
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) {
    return ms;
  }
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null;
}
