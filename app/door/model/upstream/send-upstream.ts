import http from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, RequestOptions } from 'node:http';
import https from 'node:https';
import type { ModelUpstream } from '../../door-options.ts';

/** How one request to the provider went. Only `answer` and `lost` can have cost money. */
export type Sent =
  | { readonly kind: 'answer'; readonly status: number; readonly message: IncomingMessage }
  /** It never arrived there. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** It was sent, and no answer came. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** We gave it up ourselves. */
  | { readonly kind: 'stopped' };

export interface UpstreamRequest {
  readonly path: '/v1/messages' | '/v1/messages/count_tokens';
  /** `?beta=true`, as the SDK sends it, or nothing. */
  readonly beta: boolean;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
  readonly answerTimeoutMs: number;
  readonly silenceTimeoutMs: number;
  readonly signal: AbortSignal;
}

export type SendUpstream = (request: UpstreamRequest) => Promise<Sent>;

/**
 * A client of the one host there is. Bytes of the answer are handed on as they arrive; redirects are not followed.
 * Written on `node:http`, because `fetch` gives up on an answer that takes more than five minutes to begin.
 */
export function createSendUpstream(upstream: ModelUpstream): SendUpstream {
  const base = new URL(upstream.baseUrl);
  const client = base.protocol === 'https:' ? https : http;
  const agent = upstream.agent ?? new client.Agent({ keepAlive: true, maxSockets: 512 });
  const connectedEvent = base.protocol === 'https:' ? 'secureConnect' : 'connect';

  return (request) =>
    new Promise<Sent>((resolve) => {
      const body = Buffer.from(request.body);
      const options: RequestOptions = {
        agent,
        method: 'POST',
        headers: { ...request.headers, 'content-length': body.length },
        signal: request.signal,
      };
      const url = new URL(
        `${base.pathname.replace(/\/+$/, '')}${request.path}${request.beta ? '?beta=true' : ''}`,
        base,
      );
      let connected = false;
      const outgoing = client.request(url, options);
      const tooLate = setTimeout(() => outgoing.destroy(new Error('no answer in time')), request.answerTimeoutMs);
      outgoing.once('socket', (socket) => {
        connected = outgoing.reusedSocket;
        if (!connected) {
          socket.once(connectedEvent, () => {
            connected = true;
          });
        }
      });
      outgoing.once('response', (message) => {
        clearTimeout(tooLate);
        message.on('error', () => {
          // Whoever reads it sees the same error; an answer that is only drained must not end the process
        });
        message.setTimeout(request.silenceTimeoutMs, () => message.destroy(new Error('the answer fell silent')));
        resolve({ kind: 'answer', status: message.statusCode ?? 0, message });
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(tooLate);
        if (request.signal.aborted) {
          resolve({ kind: 'stopped' });
          return;
        }
        // A kept connection that the other side closed just now has not carried the request
        const closedMeanwhile = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        resolve({ kind: connected && !closedMeanwhile ? 'lost' : 'unreachable', reason: error.code ?? error.message });
      });
      outgoing.end(body);
    });
}
