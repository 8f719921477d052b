import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { DOOR_PATHS } from '../../protocol/index.ts';
import { TOKEN } from './attempt-world.ts';
import { openDoor } from './open-door.ts';

async function open(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Sends one request and resolves with its status and whether the door keeps the connection. */
async function say(socket: Socket, token: string | null): Promise<string> {
  const authorization = token === null ? '' : `Authorization: Bearer ${token}\r\n`;
  socket.write(`POST ${DOOR_PATHS.events} HTTP/1.1\r\nHost: door\r\n${authorization}Content-Length: 2\r\n\r\n[]`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  const text = answer.toString();
  return `${text.split(' ')[1]} ${/^connection: (\S+)/im.exec(text)?.[1]}`;
}

test('connections without a token take the place of each other and of nobody else', async () => {
  const { events, url } = await openDoor({ limits: { unownedConnections: 2 } });
  const mine = await open(url);
  expect(await say(mine, TOKEN)).toMatch(/ keep-alive$/);
  const oldest = await open(url);
  const closed = once(oldest, 'close');
  const flood = await Promise.all([open(url), open(url), open(url)]);
  await closed;
  expect((await events({ events: [] })).status).not.toBe(401);
  expect(await say(mine, TOKEN)).toMatch(/ keep-alive$/);
  expect(flood).toHaveLength(3);
});

test.each([
  ['no token', null],
  ['an unknown token', 'x'.repeat(40)],
])('a connection is closed after a request with %s', async (_name, token) => {
  const { url } = await openDoor();
  const socket = await open(url);
  const closed = once(socket, 'close');
  expect(await say(socket, token)).toBe('401 close');
  await closed;
});

test('an attempt has a share of the connections, and gets one back for each that it closes', async () => {
  const { url } = await openDoor({ limits: { connectionsPerAttempt: 2 } });
  const first = await open(url);
  expect(await say(first, TOKEN)).toMatch(/ keep-alive$/);
  expect(await say(await open(url), TOKEN)).toMatch(/ keep-alive$/);
  expect(await say(await open(url), TOKEN)).toBe('429 close');
  first.destroy();
  await once(first, 'close');
  await expect.poll(async () => say(await open(url), TOKEN)).toMatch(/ keep-alive$/);
});
