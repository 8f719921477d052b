import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GitServer {
  readonly url: string;
  /** `METHOD path status`, in order. */
  readonly requests: string[];
  /** Answers every request with this status instead, while set. */
  status: number | null;
  close(): Promise<void>;
}

/** Real git over HTTP, as `git http-backend` speaks it, behind a token. */
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
    const env: Record<string, string> = {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      REMOTE_USER: 'app',
      REMOTE_ADDR: '127.0.0.1',
    };
    if (request.headers['content-encoding'] !== undefined) {
      env['HTTP_CONTENT_ENCODING'] = request.headers['content-encoding'];
    }
    const version = request.headers['git-protocol'];
    if (typeof version === 'string') {
      env['GIT_PROTOCOL'] = version;
    }
    const child = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    request.pipe(child.stdin);
    child.stdin.on('error', () => {
      // git answered without reading all.
    });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.on('close', () => {
      const bytes = Buffer.concat(parts);
      const end = bytes.indexOf('\r\n\r\n');
      const headers = bytes.subarray(0, end).toString('latin1').split('\r\n');
      for (const line of headers) {
        const [name = '', value = ''] = line.split(': ');
        if (name === 'Status') {
          response.statusCode = Number(value.slice(0, 3));
        } else {
          response.setHeader(name, value);
        }
      }
      response.end(bytes.subarray(end + 4));
    });
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
