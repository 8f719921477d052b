import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export type Answer =
  | string
  | Buffer
  | object
  /** What a registry in trouble does. */
  | ((request: IncomingMessage, response: ServerResponse) => void);

export interface LocalRegistry {
  readonly url: string;
  /** What is served, by path. */
  readonly files: Map<string, Answer>;
  /** Requests that came, as `GET /path`. */
  readonly requests: string[];
  readonly received: IncomingMessage[];
}

/** An HTTP server with files; each package protocol is a matter of which files. Answers with ETag and honours it. */
export async function startLocalRegistry(files: Record<string, Answer> = {}): Promise<LocalRegistry> {
  const registry = { url: '', files: new Map(Object.entries(files)), requests: [], received: [] } as {
    url: string;
    files: Map<string, Answer>;
    requests: string[];
    received: IncomingMessage[];
  };
  const server = createServer((request, response) => {
    registry.requests.push(`${request.method} ${request.url}`);
    registry.received.push(request);
    const answer = registry.files.get(decodeURIComponent(request.url ?? ''));
    if (answer === undefined) {
      response.writeHead(404, { 'content-length': 0 }).end();
    } else if (typeof answer === 'function') {
      answer(request, response);
    } else {
      sendFile(request, response, answer);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  registry.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return registry;
}

function sendFile(request: IncomingMessage, response: ServerResponse, answer: string | Buffer | object): void {
  const isJson = typeof answer === 'object' && !Buffer.isBuffer(answer);
  const body = Buffer.isBuffer(answer) ? answer : Buffer.from(isJson ? JSON.stringify(answer) : (answer as string));
  // Bundler takes the ETag for the MD5 of the body, as it is at the real registry
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag }).end();
    return;
  }
  response.writeHead(200, {
    etag,
    'content-type': isJson ? 'application/json' : 'application/octet-stream',
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? '' : body);
}
