import type { IncomingMessage, ServerResponse } from 'node:http';
import { DOOR_PATHS, LFS_OBJECTS } from '../../../protocol/index.ts';
import type { DoorSession } from '../../store/stores.ts';
import type { Log } from '../../task/ports/log.ts';
import { sendRefusal } from '../refusal.ts';
import { writeAll } from '../write-all.ts';
import type { GitPort } from './git-port.ts';

/** The whole of git's smart protocol: what is asked, and how. */
const ROUTES = new Set(['GET /info/refs', 'POST /git-upload-pack', 'POST /git-receive-pack']);

/** A file that Git LFS stores, by the hash of its content. */
const OBJECT = new RegExp(`^${LFS_OBJECTS}[0-9a-f]{64}$`);

/** Hands a request of git's smart protocol to the git port and streams its answer back. */
export async function handleGit(
  exchange: { request: IncomingMessage; response: ServerResponse; url: URL },
  { session, git, maxBytes, log }: { session: DoorSession; git: GitPort; maxBytes: number; log: Log },
): Promise<void> {
  const { request, response, url } = exchange;
  const method = request.method ?? '';
  const path = url.pathname.slice(DOOR_PATHS.git.length);
  if (!ROUTES.has(`${method} ${path}`) && !(method === 'GET' && OBJECT.test(path))) {
    sendRefusal(response, { code: 'NOT_FOUND', message: 'The door speaks smart HTTP only: clone, fetch and push.' });
    return;
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    sendRefusal(response, { code: 'TOO_LARGE', message: `A push may have at most ${maxBytes} bytes.` });
    return;
  }
  const hangUp = new AbortController();
  response.once('close', () => hangUp.abort());
  const { authorization: _authorization, 'x-api-key': _apiKey, ...headers } = request.headers;
  const answer = await git.handle(session, {
    method,
    path,
    query: url.searchParams,
    headers,
    body: limitBytes(request, maxBytes),
    signal: hangUp.signal,
  });
  if (answer.refused !== undefined) {
    log.warn('door: a push was refused', { taskId: session.task.id, epoch: session.attempt.epoch, ...answer.refused });
  }
  response.writeHead(answer.status, answer.headers);
  const complete = await writeAll(answer.body instanceof Uint8Array ? [answer.body] : answer.body, response);
  if (complete) {
    response.end();
  }
}

async function* limitBytes(request: IncomingMessage, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new Error(`the body has more than ${maxBytes} bytes`);
    }
    yield chunk;
  }
}
