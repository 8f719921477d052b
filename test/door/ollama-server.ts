import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface OllamaServer {
  readonly url: string;
  readonly seen: { path: string; body: Record<string, unknown> }[];
}

/**
 * A server that speaks the Messages API as Ollama documents its own: any key is taken; `tool_choice`, `cache_control` and
 * `metadata` are ignored; there is no `count_tokens`; the usage has no cache fields, and its input is known only at the
 * end of a stream; a model that was not pulled is a `not_found_error`. What the real one has and this has not: models,
 * thinking, images, keep-alive, and errors in the middle of a stream.
 */
export async function startOllama(models: readonly string[], say: string): Promise<OllamaServer> {
  const seen: OllamaServer['seen'] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      if (request.method !== 'POST' || path !== '/v1/messages') {
        response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
        return;
      }
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
      seen.push({ path, body });
      const model = String(body['model']);
      if (!models.includes(model)) {
        const error = { type: 'not_found_error', message: `model '${model}' not found` };
        sendJson(response, 404, { type: 'error', error });
        return;
      }
      const message = { id: 'msg_1', type: 'message', role: 'assistant', model };
      const usage = { input_tokens: 25, output_tokens: 7 };
      if (body['stream'] === true) {
        sendStream(response, { message, usage, say });
      } else {
        sendJson(response, 200, { ...message, content: [{ type: 'text', text: say }], stop_reason: 'end_turn', usage });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function sendStream(
  response: ServerResponse,
  { message, say, usage }: { message: object; say: string; usage: { input_tokens: number; output_tokens: number } },
): void {
  const events: { type: string; [key: string]: unknown }[] = [
    {
      type: 'message_start',
      message: { ...message, content: [], stop_reason: null, usage: { input_tokens: 0, output_tokens: 0 } },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...[...say].map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
    { type: 'message_stop' },
  ];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
