import http from 'node:http';
import type { RequestOptions } from 'node:http';
import https from 'node:https';
import type { AdaptedCall, AnswerMessage, ModelProvider, UpstreamCall } from '../dialect.ts';
import { buildUpstreamHeaders } from './upstream-headers.ts';

/** How one request to the provider went. Only `answer` and `lost` can have cost money. */
export type Sent =
  | { readonly kind: 'answer'; readonly status: number; readonly message: AnswerMessage }
  /** There are no credentials to sign it with. */
  | { readonly kind: 'unsigned'; readonly reason: string }
  /** It never arrived there. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** It may have been read there: the connection ended before an answer began, or no answer began in time. */
  | { readonly kind: 'lost'; readonly why: 'connection' | 'timeout'; readonly reason: string }
  /** We gave it up ourselves. */
  | { readonly kind: 'stopped' };

export interface UpstreamRequest {
  readonly call: UpstreamCall;
  readonly answerTimeoutMs: number;
  readonly silenceTimeoutMs: number;
  readonly signal: AbortSignal;
}

export type SendUpstream = (request: UpstreamRequest) => Promise<Sent>;

export type UpstreamPlace = Pick<ModelProvider, 'baseUrl' | 'apiKey' | 'authStyle' | 'agent' | 'endpoint'>;

/** Below the five seconds after which many servers close a connection that is not used, so that hardly any request meets one. */
const IDLE_MS = 4_000;

/**
 * A client of the one host there is. Bytes of the answer are handed on as they arrive; redirects are not followed.
 * Written on `node:http`, because `fetch` gives up on an answer that takes more than five minutes to begin.
 */
export function createSendUpstream(provider: UpstreamPlace): SendUpstream {
  const base = new URL(provider.baseUrl);
  const client = base.protocol === 'https:' ? https : http;
  const agent = provider.agent ?? new client.Agent({ keepAlive: true, maxSockets: 512, timeout: IDLE_MS });
  const connectedEvent = base.protocol === 'https:' ? 'secureConnect' : 'connect';

  return async (request) => {
    let call: UpstreamCall | AdaptedCall;
    try {
      call = (await provider.endpoint?.adapt(request.call)) ?? request.call;
    } catch (error) {
      return { kind: 'unsigned', reason: (error as Error).message };
    }
    const translate = 'translate' in call ? call.translate : undefined;
    return new Promise<Sent>((resolve) => {
      const body = Buffer.from(call.body);
      const options: RequestOptions = {
        agent,
        method: 'POST',
        headers: { ...buildUpstreamHeaders(call, provider), 'content-length': body.length },
        signal: request.signal,
      };
      const url = new URL(`${base.pathname.replace(/\/+$/, '')}${call.path}`, base);
      let connected = false;
      let late = false;
      const outgoing = client.request(url, options);
      const tooLate = setTimeout(() => {
        late = true;
        outgoing.destroy(new Error('no answer in time'));
      }, request.answerTimeoutMs);
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
        message.setTimeout(request.silenceTimeoutMs, () => message.destroy(new AnswerSilent()));
        resolve({ kind: 'answer', status: message.statusCode ?? 0, message: translate?.(message) ?? message });
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(tooLate);
        if (request.signal.aborted) {
          resolve({ kind: 'stopped' });
          return;
        }
        const reason = error.code ?? error.message;
        // A connection that was kept may have been closed before it carried this request, or because of it: nobody knows
        resolve(
          connected ? { kind: 'lost', why: late ? 'timeout' : 'connection', reason } : { kind: 'unreachable', reason },
        );
      });
      outgoing.end(body);
    });
  };
}

/** The door ended an answer of which nothing came for too long; the provider may still have been at work. */
export class AnswerSilent extends Error {
  constructor() {
    super('the response stalled');
  }
}
