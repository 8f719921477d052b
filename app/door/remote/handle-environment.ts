import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { DoorSession } from '../../store/stores.ts';
import type { Log } from '../../task/ports/log.ts';
import { sendRefusal } from '../refusal.ts';
import type { RemoteSessionsPort } from './remote-sessions-port.ts';

/**
 * The environment of a session on another machine: a prepare session sends what it made, a work session gets what it
 * starts from. One kind can never do what the other does, so that no agent changes what is kept.
 */
export async function handleEnvironment(
  { request, response, session }: { request: IncomingMessage; response: ServerResponse; session: DoorSession },
  { log, maxBytes, sessions }: { sessions: RemoteSessionsPort; maxBytes: number; log: Log },
): Promise<void> {
  const ref = { taskId: session.task.id, epoch: session.attempt.epoch };
  const isPrepare = session.kind === 'prepare';
  if ((request.method === 'PUT') !== isPrepare || (request.method === 'GET') === isPrepare) {
    const message = isPrepare ? 'A prepare session only sends an environment.' : 'A work session only gets one.';
    sendRefusal(response, { code: 'SESSION_NOT_ALLOWED', message });
    return;
  }
  if (isPrepare) {
    const kept = await sessions.keepEnvironment(ref, request, { maxBytes });
    if (kept === 'too_large') {
      sendRefusal(response, { code: 'TOO_LARGE', message: `An environment may have at most ${maxBytes} bytes.` });
      return;
    }
    response.writeHead(204);
    response.end();
    return;
  }
  const found = await sessions.openEnvironment(ref);
  if (found === null) {
    sendRefusal(response, { code: 'NOT_FOUND', message: 'This session starts from no environment.' });
    return;
  }
  response.writeHead(200, { 'content-type': 'application/x-tar', 'content-length': found.bytes });
  await pipeline(found.archive, response).catch((error: unknown) => {
    log.warn('door: an environment was not sent to its end', { err: error, ...ref });
  });
}
