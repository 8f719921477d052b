import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
  readonly body: any;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Cuts the connection instead of answering. */
  readonly cut?: boolean;
  /** Never answers. */
  readonly hang?: boolean;
}

export interface Api extends AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[];
  /** Requests as `METHOD path`. */
  lines(): string[];
}

/** A server that answers what the test says, token requests included unless the test answers them itself. */
export async function startApi(answer: (seen: Seen, count: number) => Reply | undefined): Promise<Api> {
  const seen: Seen[] = [];
  let minted = 0;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const text = Buffer.concat(chunks).toString('utf8');
      const entry: Seen = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        authorization: request.headers.authorization ?? '',
        body: text ? JSON.parse(text) : null,
      };
      seen.push(entry);
      const count = seen.filter((other) => other.method === entry.method && other.path === entry.path).length;
      let reply = answer(entry, count);
      if (!reply && entry.path.endsWith('/access_tokens')) {
        minted += 1;
        reply = {
          status: 201,
          body: { token: `ghs_${minted}`, expires_at: new Date(Date.now() + 3_600_000).toISOString() },
        };
      }
      if (reply?.hang) {
        return;
      }
      if (reply?.cut) {
        response.destroy();
        return;
      }
      const { status = 200, headers = {}, body } = reply ?? { status: 404, body: { message: 'Not Found' } };
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    lines: () => seen.map(({ method, path }) => `${method} ${path}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
