import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { serveGit } from '../../demo/github/git/smart-http.ts';

export interface GitServer {
  readonly url: string;
  /** `METHOD path status`, in order. */
  readonly requests: string[];
  /** Answers every request with this status instead, while set. */
  status: number | null;
  close(): Promise<void>;
}

/** Real git over HTTP behind a token. */
export async function createGitServer(root: string, token: string): Promise<GitServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const expected = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
    const denied = request.headers.authorization === expected ? null : 401;
    const status = self.status ?? denied;
    requests.push(`${request.method} ${url.pathname}${url.search} ${status ?? 200}`);
    if (status !== null) {
      request.resume();
      response.writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="git"' } : {}).end();
      return;
    }
    const [, owner = '', name = '', ...service] = url.pathname.split('/');
    const git = { dir: join(root, owner, name), service: service.join('/'), query: url.search, remoteUser: 'app' };
    void serveGit({ ...git, request, response });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const self: GitServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    status: null,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return self;
}
