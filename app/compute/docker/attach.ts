import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import type Dockerode from 'dockerode';
import { takeStart } from '../../../protocol/text.ts';

const MAX_ERROR_CHARS = 4_096;

/**
 * Attaches to a container before it starts: what is written is its input, what is read are its output and errors. Not by the
 * client's own function, which sends its options as a body as well: Podman takes that for the beginning of the input.
 */
export function attachBeforeStart(engine: Dockerode, container: Dockerode.Container): Promise<Duplex> {
  const { socketPath } = engine.modem as { socketPath?: string };
  return new Promise((resolve, reject) => {
    const asking = request({
      socketPath,
      method: 'POST',
      path: `/containers/${container.id}/attach?stream=1&stdin=1&stdout=1&stderr=1`,
      headers: { Connection: 'Upgrade', Upgrade: 'tcp', 'Content-Length': 0 },
    });
    asking.on('upgrade', (_answer, socket: Duplex, head: Buffer) => {
      if (head.length > 0) {
        socket.unshift(head);
      }
      resolve(socket);
    });
    asking.on('response', (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => {
        text = takeStart(text + chunk.toString(), MAX_ERROR_CHARS);
      });
      answer.on('close', () => {
        const statusCode = answer.statusCode ?? 0;
        reject(Object.assign(new Error(`the engine did not attach: ${text}`), { statusCode, json: text }));
      });
    });
    asking.on('error', reject);
    asking.end();
  });
}
