import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Stands in for the door: a Unix socket that remembers what fixture programs tell it. */
export interface Listener {
  readonly socketPath: string;
  /** The next thing told that was not taken yet. */
  readonly heard: () => Promise<any>;
  readonly close: () => Promise<void>;
}

export async function startListener(below: string = tmpdir()): Promise<Listener> {
  const directory = await mkdtemp(path.join(below, 'bosun-door-'));
  const told: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    request.on('end', () => {
      response.end();
      const message: unknown = JSON.parse(text);
      const taker = waiting.shift();
      if (taker === undefined) {
        told.push(message);
      } else {
        taker(message);
      }
    });
  });
  const socketPath = path.join(directory, 'door.sock');
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    socketPath,
    heard: () => (told.length > 0 ? Promise.resolve(told.shift()) : new Promise((resolve) => waiting.push(resolve))),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
