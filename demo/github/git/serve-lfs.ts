import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { canSee, covers, grants } from '../auth/access.ts';
import type { Caller } from '../http/exchange.ts';
import { readBody } from '../http/read-body.ts';
import { RestError } from '../http/rest-error.ts';
import { findRepository, hasRole } from '../state/find.ts';
import type { Repository, World } from '../state/world.ts';

interface LfsCall {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  caller: Caller | RestError;
}

/** The batch API of Git LFS below a repository, and the store that its answers lead to. */
export const LFS_PATH = /^\/(?:[^/]+\/[^/]+\/info\/lfs\/objects\/batch|lfs-store\/\d+\/[0-9a-f]{64})$/;

const MEDIA_TYPE = 'application/vnd.git-lfs+json';
/** Signs what the batch API gives out: the store itself asks for no token, as at GitHub. */
const KEY = randomBytes(16);

export async function serveLfs(world: World, call: LfsCall): Promise<number> {
  const [, first = '', second = '', third = ''] = decodeURIComponent(call.path).split('/');
  if (first === 'lfs-store') {
    const repository = world.repositories.get(Number(second));
    const isSigned = call.request.headers['x-lfs-signature'] === sign(`${second}/${third}`);
    return repository === undefined || !isSigned
      ? answer(call, { status: 403, body: { message: 'Signature does not match' } })
      : serveObject(call, path.join(repository.dir, 'lfs', third));
  }
  const repository = findRepository(world, first, second.replace(/\.git$/, ''));
  const body = JSON.parse((await readBody(call.request)).toString('utf8')) as {
    operation: string;
    objects: { oid: string; size: number }[];
  };
  const isUpload = body.operation === 'upload';
  if (repository === undefined || !mayUse(call.caller, repository, isUpload ? 'write' : 'read')) {
    return answer(call, { status: 404, body: { message: 'Repository not found.' } });
  }
  const objects = await Promise.all(
    body.objects.map(async ({ oid, size }) => {
      const isThere = await stat(path.join(repository.dir, 'lfs', oid)).catch(() => null);
      const place = `${repository.id}/${oid}`;
      const action = { href: `${world.url}/lfs-store/${place}`, header: { 'x-lfs-signature': sign(place) } };
      if (isUpload) {
        return { oid, size, ...(isThere === null && { actions: { upload: action } }) };
      }
      return isThere === null
        ? { oid, size, error: { code: 404, message: 'Object does not exist on the server' } }
        : { oid, size, actions: { download: action } };
    }),
  );
  return answer(call, { status: 200, body: { transfer: 'basic', objects } });
}

async function serveObject(call: LfsCall, file: string): Promise<number> {
  const { request, response } = call;
  if (request.method === 'PUT') {
    const bytes = await readBody(request);
    const isRight = createHash('sha256').update(bytes).digest('hex') === path.basename(file);
    if (isRight) {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, bytes);
    }
    return answer(call, { status: isRight ? 200 : 422, body: {} });
  }
  const found = await stat(file).catch(() => null);
  if (found === null) {
    return answer(call, { status: 404, body: { message: 'Not found' } });
  }
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': found.size });
  createReadStream(file).pipe(response);
  return 200;
}

function mayUse(caller: Caller | RestError, repository: Repository, level: 'read' | 'write'): boolean {
  if (caller instanceof RestError || !canSee(caller, repository)) {
    return false;
  }
  if (level === 'read' && !repository.private) {
    return true;
  }
  if (caller.kind !== 'token') {
    return false;
  }
  const { token } = caller;
  return token.kind === 'user'
    ? hasRole(repository, token.user, level)
    : covers(token, repository) && grants(token.permissions, `contents:${level}`);
}

function answer(call: LfsCall, { body, status }: { status: number; body: unknown }): number {
  call.request.resume();
  call.response.writeHead(status, { 'content-type': MEDIA_TYPE });
  call.response.end(JSON.stringify(body));
  return status;
}

function sign(place: string): string {
  return createHmac('sha256', KEY).update(place).digest('hex');
}
