import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { AttemptRepository } from '../../app/git/attempt/attempt.ts';
import type { GitHttpResponse } from '../../app/git/serve/git-http.ts';
import { serveRepository } from '../../app/git/serve/serve-repository.ts';

export interface GitDoor {
  readonly url: string;
  readonly refused: NonNullable<GitHttpResponse['refused']>[];
  close(): Promise<void>;
}

/** The least a door must do to put an attempt's repository on HTTP. */
export async function createGitDoor(
  repository: AttemptRepository,
  options: { keep?: () => Promise<void>; show?: 'all' | 'base' } = {},
): Promise<GitDoor> {
  const refused: GitDoor['refused'] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const { method = 'GET', headers } = request;
    const call = { method, path: url.pathname, query: url.searchParams, headers, body: request };
    answer(
      response,
      serveRepository(repository, call, { keep: options.keep ?? (async () => undefined), show: options.show ?? 'all' }),
    ).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  async function answer(response: ServerResponse, pending: Promise<GitHttpResponse>): Promise<void> {
    const { status, headers, body, refused: refusal } = await pending;
    if (refusal !== undefined) {
      refused.push(refusal);
    }
    response.writeHead(status, headers);
    if (body instanceof Uint8Array) {
      response.end(body);
    } else {
      await pipeline(body, response);
    }
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
