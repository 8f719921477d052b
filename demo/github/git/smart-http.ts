import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { World } from '../state/world.ts';
import { GIT_ENVIRONMENT } from './run-git.ts';

/** One request of git's smart protocol, as `git http-backend` wants it (a CGI program). */
export interface GitRequest {
  world: World;
  /** `/OWNER/NAME.git/git-receive-pack` with the directory's own spelling. */
  pathInfo: string;
  query: string;
  /** Login for the push rules and for git's own log. */
  remoteUser: string;
  request: IncomingMessage;
  response: ServerResponse;
  /** Runs when git is done and before the client is told; makes git's answer wait. Only for pushes. */
  beforeAnswer?: () => Promise<void>;
  /** Does something else instead of answering; true when it did. Asked when git is done. */
  answerInstead: () => boolean;
}

/** Lets git answer. Resolves to the status sent. */
export async function serveGit(git: GitRequest): Promise<number> {
  const { request, response } = git;
  const child = spawn('git', ['http-backend'], { env: environment(git), stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = new Promise<void>((resolve, reject) => {
    child.on('close', () => resolve());
    child.on('error', (cause) => reject(new Error('git http-backend could not be started: install git.', { cause })));
  });
  child.stdin.on('error', () => {
    // git refused early and closed its input; the answer says why.
  });
  request.pipe(child.stdin);
  response.on('close', () => child.kill());
  child.stderr.resume();
  const chunks: Buffer[] = [];
  let status = 0;
  for await (const chunk of child.stdout) {
    if (status !== 0 && !git.beforeAnswer) {
      response.write(chunk);
      continue;
    }
    chunks.push(chunk as Buffer);
    if (!git.beforeAnswer) {
      status = writeHead(response, chunks);
    }
  }
  await closed;
  await git.beforeAnswer?.();
  if (git.answerInstead()) {
    return response.headersSent ? response.statusCode : 0;
  }
  status ||= writeHead(response, chunks) || writeFailure(response);
  response.end();
  return status;
}

/** Writes status and headers once they are complete, and what follows them. 0 while they are not. */
function writeHead(response: ServerResponse, chunks: Buffer[]): number {
  const bytes = Buffer.concat(chunks);
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) {
    return 0;
  }
  let status = 200;
  for (const line of bytes.subarray(0, end).toString('latin1').split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'status') {
      status = Number(value.split(' ')[0]);
    } else {
      response.setHeader(name, value);
    }
  }
  response.writeHead(status);
  response.write(bytes.subarray(end + 4));
  return status;
}

function writeFailure(response: ServerResponse): number {
  response.writeHead(500, { 'content-type': 'text/plain' });
  return 500;
}

function environment(git: GitRequest): Record<string, string> {
  const { headers } = git.request;
  return {
    ...GIT_ENVIRONMENT,
    GIT_PROJECT_ROOT: git.world.root,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: git.pathInfo,
    QUERY_STRING: git.query,
    REQUEST_METHOD: git.request.method ?? 'GET',
    REMOTE_USER: git.remoteUser,
    REMOTE_ADDR: '127.0.0.1',
    GIT_COMMITTER_NAME: git.remoteUser,
    GIT_COMMITTER_EMAIL: `${git.remoteUser}@users.noreply.github.com`,
    ...optional('CONTENT_TYPE', headers['content-type']),
    ...optional('CONTENT_LENGTH', headers['content-length']),
    ...optional('HTTP_CONTENT_ENCODING', headers['content-encoding']),
    ...optional('GIT_PROTOCOL', headers['git-protocol'] as string | undefined),
  };
}

function optional(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}
