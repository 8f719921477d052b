import type { IncomingMessage, ServerResponse } from 'node:http';
import { artifactKey } from '../../store/artifacts.ts';
import type { DoorSession } from '../../store/stores.ts';
import type { DoorOptions } from '../door-options.ts';
import { readBytes } from '../read-body.ts';
import { refuseWithoutArtifacts, sendRefusal } from '../refusal.ts';

/**
 * GET and PUT `/door/v1/conversation`: what the agent's own program keeps of its conversation with the model. The bytes mean
 * nothing to Bosun and are shown to nobody; another worker of the same task gets them when it continues the work.
 */
export async function handleConversation(
  { request, response, session }: { request: IncomingMessage; response: ServerResponse; session: DoorSession },
  { artifacts, maxBytes }: { artifacts: DoorOptions['artifacts']; maxBytes: number },
): Promise<void> {
  const key = artifactKey({ taskId: session.task.id, epoch: session.attempt.epoch }, 'conversation.bin');
  try {
    if (request.method === 'GET') {
      await send(await artifacts.get(key), response);
      return;
    }
    const body = await readBytes(request, { maxBytes, what: 'A conversation' });
    if (!body.ok) {
      sendRefusal(response, body.refusal);
      return;
    }
    await artifacts.put(key, body.value);
    response.writeHead(204);
    response.end();
  } catch (error) {
    refuseWithoutArtifacts(response, error);
  }
}

async function send(bytes: Uint8Array | null, response: ServerResponse): Promise<void> {
  if (bytes === null) {
    sendRefusal(response, { code: 'NOT_FOUND', message: 'No conversation of an earlier attempt was kept.' });
    return;
  }
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length });
  response.end(bytes);
}
