import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

let release: () => void = () => undefined;

const MESSAGE = {
  id: 'msg_bench',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5',
  content: [{ type: 'text', text: 'High water at noon.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 12, output_tokens: 8 },
};

/**
 * A provider that answers at once. Of a stream it sends the first event and keeps the rest until it is told to
 * continue.
 */
export const serveModel = {
  async start(): Promise<{ port: number }> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { stream } = JSON.parse(Buffer.concat(chunks).toString()) as { stream?: boolean };
        if (stream === true) {
          void stutter(response);
          return;
        }
        const body = JSON.stringify(MESSAGE);
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
        response.end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: (server.address() as AddressInfo).port };
  },

  async release(): Promise<void> {
    release();
  },
};

async function stutter(response: ServerResponse): Promise<void> {
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(frame({ type: 'message_start', message: { ...MESSAGE, content: [], stop_reason: null } }));
  await released;
  response.write(frame({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 8 } }));
  response.end(frame({ type: 'message_stop' }));
}

function frame(event: Readonly<Record<string, unknown>> & { type: string }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
