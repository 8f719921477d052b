import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

export type Act = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** A model provider that does what the test says. Without a script it answers a short message. */
export interface ScriptedUpstream {
  readonly baseUrl: string;
  readonly seen: SeenRequest[];
  /** Requests that cost money. */
  messages(): SeenRequest[];
  script(act: Act): void;
  close(): Promise<void>;
}

export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const seen: SeenRequest[] = [];
  let act: Act = (_request, response) => sendMessage(response);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
      const one = { path: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      void act(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    messages: () => seen.filter((request) => request.path.split('?')[0] === '/v1/messages'),
    script: (next) => {
      act = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const USAGE = {
  input_tokens: 100,
  output_tokens: 50,
  cache_creation_input_tokens: 30,
  cache_read_input_tokens: 1_000,
  cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
};

export function sendMessage(response: ServerResponse, usage: object = USAGE): void {
  sendJson(response, 200, {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-5',
    content: [{ type: 'text', text: 'hello' }],
    stop_reason: 'end_turn',
    usage,
  });
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1', ...headers });
  response.end(JSON.stringify(body));
}

export function sendError(response: ServerResponse, status: number, type: string, headers: object = {}): void {
  sendJson(response, status, { type: 'error', error: { type, message: `scripted ${status}` } }, headers);
}

/** Server-sent events of one message, to be written piece by piece. */
export const EVENTS = {
  start: event('message_start', {
    message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], usage: { ...USAGE, output_tokens: 1 } },
  }),
  text: (text: string) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
  delta: event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 50 } }),
  stop: event('message_stop', {}),
};

export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}
