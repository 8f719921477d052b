import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { forward } from '../../worker/forward.ts';

async function openEcho(): Promise<string> {
  const home = await mkdtemp(path.join(tmpdir(), 'bosun-forward-'));
  const socketPath = path.join(home, 'echo.sock');
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  server.listen(socketPath);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await rm(home, { recursive: true });
  });
  return socketPath;
}

function dial(url: string): Socket {
  return connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
}

test('passes bytes on unchanged in both directions, the end of one side too', async () => {
  const forwarder = await forward('http://127.0.0.1:0', await openEcho());
  onTestFinished(() => forwarder.close());
  const sent = Buffer.alloc(5 * 1024 * 1024, 'abc');
  const socket = dial(forwarder.url);
  socket.end(sent);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
  }
  expect(Buffer.concat(chunks).equals(sent)).toBe(true);
});

test('a socket that is not there closes the connection and nothing else', async () => {
  const forwarder = await forward('http://127.0.0.1:0', '/nowhere/door.sock', { patienceMs: 0 });
  onTestFinished(() => forwarder.close());
  for (const _ of [1, 2]) {
    const socket = dial(forwarder.url);
    socket.on('error', () => undefined);
    await once(socket, 'close');
  }
  expect(forwarder.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test('closing it ends what is open', async () => {
  const forwarder = await forward('http://127.0.0.1:0', await openEcho());
  const socket = dial(forwarder.url);
  socket.write('x');
  await once(socket, 'data');
  forwarder.close();
  socket.resume();
  await once(socket, 'close');
  await expect(once(dial(forwarder.url), 'connect')).rejects.toThrow(/ECONNREFUSED/);
});
