import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import { GIT_ENVIRONMENT } from './run-git.ts';

/** One request of git's smart HTTP protocol. */
export interface GitRequest {
  /** The bare repository. */
  dir: string;
  /** `info/refs`, `git-upload-pack` or `git-receive-pack`. */
  service: string;
  query: string;
  /** Login for the push rules and for git's own log. */
  remoteUser: string;
  request: IncomingMessage;
  response: ServerResponse;
  /** Runs when git is done and before the client gets the answer; makes the answer wait. Only for pushes. */
  beforeAnswer?: () => Promise<void>;
  /** Does something else instead of answering; true when it did. Asked when git is done. */
  answerInstead?: () => boolean;
}

/**
 * Lets git answer. Resolves to the status sent.
 * Starts the two services themselves: `git http-backend` would start three processes for each request.
 */
export async function serveGit(git: GitRequest): Promise<number> {
  const { request, response } = git;
  const isAdvertisement = git.service === 'info/refs';
  const service = isAdvertisement ? (new URLSearchParams(git.query).get('service') ?? '') : git.service;
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
    request.resume();
    response.writeHead(404, { 'content-type': 'text/plain' }).end();
    return 404;
  }
  const child = spawn(
    'git',
    [service.slice('git-'.length), '--stateless-rpc', ...(isAdvertisement ? ['--http-backend-info-refs'] : []), '.'],
    { cwd: git.dir, env: environment(git), stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const closed = new Promise<void>((resolve, reject) => {
    child.on('close', () => resolve());
    child.on('error', (cause) => reject(new Error('git could not be started: install git.', { cause })));
  });
  child.stdin.on('error', () => {
    // git refused early and closed its input; the answer says why.
  });
  const isCompressed = request.headers['content-encoding'] === 'gzip';
  (isCompressed ? request.pipe(createGunzip().on('error', () => child.kill())) : request).pipe(child.stdin);
  response.on('close', () => child.kill());
  response.setHeader('content-type', `application/x-${service}-${isAdvertisement ? 'advertisement' : 'result'}`);
  response.setHeader('cache-control', 'no-cache, max-age=0, must-revalidate');
  const chunks: Buffer[] = isAdvertisement && !isVersion2(request) ? [Buffer.from(preamble(service))] : [];
  for await (const chunk of child.stdout) {
    if (git.beforeAnswer) {
      chunks.push(chunk as Buffer);
    } else {
      chunks.splice(0).forEach((first) => response.write(first));
      response.write(chunk);
    }
  }
  await closed;
  await git.beforeAnswer?.();
  if (git.answerInstead?.() === true) {
    return response.headersSent ? response.statusCode : 0;
  }
  response.statusCode = response.headersSent || child.exitCode === 0 || chunks.length > 0 ? 200 : 500;
  response.end(Buffer.concat(chunks));
  return response.statusCode;
}

function isVersion2(request: IncomingMessage): boolean {
  return /(^|:)version=2/.test(String(request.headers['git-protocol'] ?? ''));
}

/** The line before the refs in versions 0 and 1 of the protocol, and a flush packet. */
function preamble(service: string): string {
  const line = `# service=${service}\n`;
  return `${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`;
}

function environment(git: GitRequest): Record<string, string> {
  const protocol = git.request.headers['git-protocol'];
  return {
    ...GIT_ENVIRONMENT,
    REMOTE_USER: git.remoteUser,
    REMOTE_ADDR: '127.0.0.1',
    GIT_COMMITTER_NAME: git.remoteUser,
    GIT_COMMITTER_EMAIL: `${git.remoteUser}@users.noreply.github.com`,
    ...(typeof protocol === 'string' ? { GIT_PROTOCOL: protocol } : {}),
  };
}
