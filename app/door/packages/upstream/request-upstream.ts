import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';

/** How one request to a registry went. */
export type Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly url: URL; readonly message: IncomingMessage }
  | { readonly kind: 'failed'; readonly reason: string };

export interface UpstreamTimes {
  /** Until the answer begins. */
  readonly answerMs: number;
  /** Between two pieces of it. */
  readonly silenceMs: number;
  readonly totalMs: number;
}

export interface UpstreamRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Origins a redirect may lead to. */
  readonly origins: readonly string[];
  /** Goes to its own origin and to no other. */
  readonly credential: { readonly origin: string; readonly authorization: string } | null;
  readonly signal: AbortSignal;
}

export type RequestUpstream = (request: UpstreamRequest) => Promise<Answer>;

const MAX_REDIRECTS = 5;

/**
 * A client for GET requests to registries. Redirects are followed here, and only to the origins of the registry, so that
 * nobody can send a worker's request anywhere else. `proxy` holds the usual variables (`HTTPS_PROXY`, `NO_PROXY`).
 */
export function createRequestUpstream(
  times: UpstreamTimes,
  proxy: Readonly<Record<string, string | undefined>> = {},
): RequestUpstream {
  const agentOptions = { keepAlive: true, maxSockets: 64, proxyEnv: { ...proxy } };
  const agents = { 'http:': new http.Agent(agentOptions), 'https:': new https.Agent(agentOptions) };

  function send(url: URL, request: UpstreamRequest): Promise<Answer> {
    return new Promise((resolve) => {
      const isSecure = url.protocol === 'https:';
      const { credential } = request;
      const outgoing = (isSecure ? https : http).request(url, {
        agent: isSecure ? agents['https:'] : agents['http:'],
        headers: {
          ...request.headers,
          ...(credential?.origin === url.origin ? { authorization: credential.authorization } : {}),
        },
        signal: request.signal,
      });
      const tooLate = setTimeout(() => outgoing.destroy(new Error('it did not answer in time')), times.answerMs);
      outgoing.once('response', (message) => {
        clearTimeout(tooLate);
        message.on('error', () => {
          // The reader sees the same error; an answer that is only drained must not end the process
        });
        const tooLong = setTimeout(() => message.destroy(new Error('it took too long')), times.totalMs);
        message.once('close', () => clearTimeout(tooLong));
        message.setTimeout(times.silenceMs, () => message.destroy(new Error('it stopped sending')));
        resolve({ kind: 'answer', status: message.statusCode ?? 0, url, message });
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(tooLate);
        resolve({ kind: 'failed', reason: error.code ?? error.message });
      });
      outgoing.end();
    });
  }

  return async (request) => {
    let url = request.url;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const answer = await send(url, request);
      if (answer.kind === 'failed' || ![301, 302, 303, 307, 308].includes(answer.status)) {
        return answer;
      }
      answer.message.resume();
      const next = URL.parse(answer.message.headers.location ?? '', url);
      if (next === null || !request.origins.includes(next.origin) || next.username !== '' || next.password !== '') {
        return { kind: 'failed', reason: `it redirects to ${next?.host ?? 'nowhere'}, which is not one of its hosts` };
      }
      url = next;
    }
    return { kind: 'failed', reason: `it redirected more than ${MAX_REDIRECTS} times` };
  };
}
