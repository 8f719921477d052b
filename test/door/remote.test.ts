import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { createRemoteSessions, type RemoteSessions } from '../../app/compute/cluster/remote-sessions.ts';
import { DOOR_NAME, makeDoorCertificate } from '../../app/door/tls/door-certificate.ts';
import { DOOR_PATHS } from '../../protocol/index.ts';
import { forward } from '../../worker/forward.ts';
import { TOKEN } from './attempt-world.ts';
import { openDoor } from './open-door.ts';

const OWN = makeDoorCertificate(Buffer.alloc(32, 1));
const OTHER = makeDoorCertificate(Buffer.alloc(32, 2));
const SESSION = { taskId: 'TASK', epoch: 1 };

async function openSessions(): Promise<RemoteSessions> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-remote-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return createRemoteSessions(directory);
}

async function open(sessions: RemoteSessions): Promise<{ url: string; port: number }> {
  const { door } = await openDoor({ remoteSessions: sessions });
  const at = await door.listen({ host: '127.0.0.1', port: 0, tls: OWN });
  return 'url' in at ? at : expect.unreachable();
}

function call(
  port: number,
  asked: { method: string; path: string; body?: string; ca?: string; token?: string },
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { body, ca = OWN.certificate, method, token } = asked;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const asking = request(
      { host: '127.0.0.1', port, ca, servername: DOOR_NAME, agent: false, method, path: asked.path, headers },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    asking.on('error', reject);
    asking.end(body);
  });
}

test('the certificate is the same every time, and another for another secret', () => {
  expect(makeDoorCertificate(Buffer.alloc(32, 1))).toEqual(OWN);
  expect(OTHER.certificate).not.toBe(OWN.certificate);
});

test('a worker on another machine reaches the door over TLS as if it were here', async () => {
  const { url } = await open(await openSessions());
  const forwarder = await forward('http://127.0.0.1:0', { url, certificate: OWN.certificate, serverName: DOOR_NAME });
  onTestFinished(() => forwarder.close());
  const answer = await fetch(`${forwarder.url}${DOOR_PATHS.events}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ type: 'heartbeat' }),
  });
  expect(await answer.json()).toEqual({ order: 'continue' });
});

test.each([
  ['another certificate', { certificate: OTHER.certificate, serverName: DOOR_NAME }],
  ['the well-known authorities alone', { serverName: DOOR_NAME }],
  ['a certificate for another name', { certificate: OWN.certificate, serverName: 'elsewhere.example' }],
])('a worker that trusts %s sends the door nothing', async (_, trust) => {
  const { url } = await open(await openSessions());
  const forwarder = await forward('http://127.0.0.1:0', { url, ...trust }, { patienceMs: 0 });
  onTestFinished(() => forwarder.close());
  await expect(fetch(`${forwarder.url}${DOOR_PATHS.health}`)).rejects.toThrow(/fetch failed/);
});

test('plain HTTP and older versions of TLS are not answered', async () => {
  const { port } = await open(await openSessions());
  const plain = connect(port, '127.0.0.1');
  plain.write(`GET ${DOOR_PATHS.health} HTTP/1.1\r\nHost: door\r\n\r\n`);
  let answered = '';
  plain.on('data', (chunk: Buffer) => (answered += chunk.toString('latin1')));
  plain.on('error', () => undefined);
  await once(plain, 'close');
  expect(answered).not.toContain('HTTP');
  const old = connectSecurely({
    host: '127.0.0.1',
    port,
    ca: OWN.certificate,
    servername: DOOR_NAME,
    maxVersion: 'TLSv1.2',
  });
  await expect(once(old, 'secureConnect')).rejects.toThrow(/alert protocol version/);
});

test('connections that only begin take the place of each other, and of none that showed a token', async () => {
  const { door, events } = await openDoor({ limits: { unownedConnections: 2 } });
  const at = await door.listen({ host: '127.0.0.1', port: 0, tls: OWN });
  const port = 'port' in at ? at.port : 0;
  const mine = connectSecurely({ host: '127.0.0.1', port, ca: OWN.certificate, servername: DOOR_NAME });
  onTestFinished(() => void mine.destroy());
  await once(mine, 'secureConnect');
  mine.write(
    `POST ${DOOR_PATHS.events} HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 2\r\n\r\n[]`,
  );
  await once(mine, 'data');
  const oldest = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(oldest, 'connect');
  const closed = once(oldest, 'close');
  for (const _ of [1, 2, 3]) {
    const another = connect(port, '127.0.0.1').on('error', () => undefined);
    onTestFinished(() => void another.destroy());
    await once(another, 'connect');
  }
  await closed;
  expect(mine.destroyed).toBe(false);
  expect((await events([])).status).not.toBe(401);
});

test('a code gets its job once, whoever comes first', async () => {
  const sessions = await openSessions();
  const { port } = await open(sessions);
  const code = await sessions.offer(SESSION, { taskId: 'TASK' } as never);
  const body = JSON.stringify({ code });
  const both = await Promise.all([1, 2].map(() => call(port, { method: 'POST', path: DOOR_PATHS.join, body })));
  expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 401]));
  expect(both.find(({ status }) => status === 200)?.text).toBe('{"taskId":"TASK"}');
  expect((await call(port, { method: 'POST', path: DOOR_PATHS.join, body })).status).toBe(401);
});

test.each([
  ['a code that nobody was given', JSON.stringify({ code: 'f'.repeat(64) })],
  ['a path instead of a code', JSON.stringify({ code: `../../${'x'.repeat(40)}` })],
  ['no code', '{}'],
  ['a number', '7'],
])('%s gets nothing', async (_, body) => {
  const sessions = await openSessions();
  await sessions.offer(SESSION, { taskId: 'TASK' } as never);
  const { port } = await open(sessions);
  expect((await call(port, { method: 'POST', path: DOOR_PATHS.join, body })).status).toBe(401);
});

test('a job that was taken back is handed to nobody', async () => {
  const sessions = await openSessions();
  const { port } = await open(sessions);
  const code = await sessions.offer(SESSION, { taskId: 'TASK' } as never);
  await sessions.withdraw(SESSION);
  expect((await call(port, { method: 'POST', path: DOOR_PATHS.join, body: JSON.stringify({ code }) })).status).toBe(
    401,
  );
});

test('a job whose answer was cut off still waits', async () => {
  const sessions = await openSessions();
  const code = await sessions.offer(SESSION, { taskId: 'TASK' } as never);
  const taken = (await sessions.join(code)) ?? expect.unreachable();
  expect(await sessions.join(code)).toBeNull();
  await taken.restore();
  expect((await sessions.join(code))?.job).toEqual({ taskId: 'TASK' });
});

test('a work session gets its environment, and cannot replace one', async () => {
  const sessions = await openSessions();
  const { port } = await open(sessions);
  const ask = (method: string) => call(port, { method, path: DOOR_PATHS.environment, token: TOKEN });
  expect((await ask('PUT')).status).toBe(403);
  expect((await ask('GET')).status).toBe(404);
  expect((await call(port, { method: 'GET', path: DOOR_PATHS.environment })).status).toBe(401);
});

test('a door for this machine alone hands out no jobs', async () => {
  const { post } = await openDoor();
  expect((await post(DOOR_PATHS.join, { code: 'f'.repeat(64) })).status).toBe(404);
});
