import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { ModelProvider, UpstreamCall } from '../dialect.ts';

/** Headers for the provider: those of its dialect, ours, and the key. Nothing comes straight from the worker. */
export function buildUpstreamHeaders(
  call: Pick<UpstreamCall, 'headers'>,
  provider: Pick<ModelProvider, 'apiKey' | 'authStyle'>,
): OutgoingHttpHeaders {
  return {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'user-agent': 'bosun',
    ...call.headers,
    // The usage is read from the answer, so it must not be compressed
    'accept-encoding': 'identity',
    ...keyHeader(provider),
  };
}

function keyHeader({ apiKey, authStyle }: Pick<ModelProvider, 'apiKey' | 'authStyle'>): OutgoingHttpHeaders {
  if (apiKey === '') {
    return {};
  }
  return authStyle === 'bearer' ? { authorization: `Bearer ${apiKey}` } : { [authStyle]: apiKey };
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
