import type { IncomingMessage, ServerResponse } from 'node:http';
import { JoinRequest } from '../../../protocol/index.ts';
import { readBody } from '../read-body.ts';
import { sendRefusal } from '../refusal.ts';
import type { RemoteSessionsPort } from './remote-sessions-port.ts';

const MAX_REQUEST_BYTES = 4_096;

/** Hands a worker the job that its code stands for. The code is used up, unless the answer did not get through. */
export async function handleJoin(
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  sessions: RemoteSessionsPort,
): Promise<void> {
  const body = await readBody(request, MAX_REQUEST_BYTES);
  if (!body.ok) {
    sendRefusal(response, body.refusal);
    return;
  }
  const asked = JoinRequest.safeParse(body.value);
  const found = asked.success ? await sessions.join(asked.data.code) : null;
  if (found === null) {
    sendRefusal(response, { code: 'UNKNOWN_TOKEN', message: 'No job waits for this code, or it was used before.' });
    return;
  }
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store', connection: 'close' });
  response.end(JSON.stringify(found.job));
  await closed;
  if (!response.writableFinished) {
    await found.restore();
  }
}
