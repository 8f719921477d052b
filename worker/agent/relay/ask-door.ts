import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

export interface DoorReply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly message: IncomingMessage;
}

export interface DoorCall {
  readonly url: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly token: string;
}

/** Headers that belong to one connection, or that are written again. */
const OWN = new Set([
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'x-api-key',
]);

/**
 * Sends a request to the door with the token of the attempt. Null when there was no answer, or when the agent hung up
 * meanwhile. Written on `node:http`: `fetch` gives up on an answer that takes more than five minutes to begin.
 */
export function askDoor(call: DoorCall, agent: ServerResponse): Promise<DoorReply | null> {
  return new Promise((resolve) => {
    const outgoing = request(call.url, {
      method: call.method,
      headers: {
        ...without(call.headers),
        authorization: `Bearer ${call.token}`,
        'content-length': call.body.length,
      },
    });
    agent.once('close', () => outgoing.destroy());
    outgoing.once('response', (message) => {
      message.on('error', () => undefined);
      resolve({ status: message.statusCode ?? 502, headers: without(message.headers), message });
    });
    outgoing.on('error', () => resolve(null));
    outgoing.end(call.body);
  });
}

function without(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN.has(name)));
}

/** All bytes of a stream; null when there are more than that, or when it broke off. */
export async function readAll(stream: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        return null;
      }
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}
