import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { ModelUpstream } from '../../door-options.ts';

const DEFAULT_VERSION = '2023-06-01';

/** Beta features that change how a model answers and nothing else. Any other header value is dropped. */
const BETAS = new Set([
  'claude-code-20250219',
  'context-management-2025-06-27',
  'effort-2025-11-24',
  'extended-cache-ttl-2025-04-11',
  'fine-grained-tool-streaming-2025-05-14',
  'interleaved-thinking-2025-05-14',
  'model-context-window-exceeded-2025-08-26',
  'pdfs-2024-09-25',
  'prompt-caching-2024-07-31',
  'structured-outputs-2025-11-13',
  'structured-outputs-2025-12-15',
  'task-budgets-2026-03-13',
  'thinking-binding-controls-2026-08-01',
  'thinking-display-updates-2026-08-18',
  'thinking-token-count-2026-05-13',
  'token-counting-2024-11-01',
  'token-efficient-tools-2025-02-19',
]);

/** Headers for the provider, written anew: nothing the worker sent gets through but the API version and known betas. */
export function buildUpstreamHeaders(headers: IncomingHttpHeaders, upstream: ModelUpstream): OutgoingHttpHeaders {
  const version = headers['anthropic-version'];
  const betas = String(headers['anthropic-beta'] ?? '')
    .split(',')
    .map((beta) => beta.trim())
    .filter((beta) => BETAS.has(beta));
  return {
    'content-type': 'application/json',
    // The usage is read from the answer, so it must not be compressed
    'accept-encoding': 'identity',
    accept: 'application/json, text/event-stream',
    'user-agent': 'bosun',
    'anthropic-version': typeof version === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(version) ? version : DEFAULT_VERSION,
    ...(betas.length === 0 ? {} : { 'anthropic-beta': betas.join(',') }),
    ...(upstream.authStyle === 'bearer'
      ? { authorization: `Bearer ${upstream.apiKey}` }
      : { 'x-api-key': upstream.apiKey }),
  };
}

/** Headers of the provider's answer that the worker sees. */
export function pickAnswerHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const picked: OutgoingHttpHeaders = { 'cache-control': 'no-store' };
  for (const name of ['content-type', 'content-length', 'content-encoding', 'request-id', 'retry-after'] as const) {
    const value = headers[name];
    if (typeof value === 'string') {
      picked[name] = value;
    }
  }
  return picked;
}
