import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DOOR_PATHS } from '../../protocol/index.ts';
import { askBody, openDoor, refusalOf } from './open-door.ts';
import type { OpenDoor } from './open-door.ts';
import { sendMessage } from './scripted-upstream.ts';
import { TOKEN } from './attempt-world.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'door-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

describe('the token', () => {
  const none = { authorization: '' };
  test.each<[string, Record<string, string>, string]>([
    ['as a bearer', {}, '200'],
    ['as a bearer in any case', { authorization: `bearer ${TOKEN}` }, '200'],
    ['as x-api-key', { ...none, 'x-api-key': TOKEN }, '200'],
    ['as the password of Basic, as git sends it', { authorization: basic('x', TOKEN) }, '200'],
    ['as the user of Basic', { authorization: basic(TOKEN, 'x') }, '401 error UNKNOWN_TOKEN'],
    ['missing', none, '401 error UNKNOWN_TOKEN'],
    ['wrong', { authorization: 'Bearer sk-ant-of-someone-else' }, '401 error UNKNOWN_TOKEN'],
    [
      'wrong as a bearer, right as x-api-key',
      { authorization: 'Bearer x', 'x-api-key': TOKEN },
      '401 error UNKNOWN_TOKEN',
    ],
    ['its hash', { authorization: `Bearer ${'0'.repeat(64)}` }, '401 error UNKNOWN_TOKEN'],
    ['far too long', { authorization: `Bearer ${'x'.repeat(5_000)}` }, '401 error UNKNOWN_TOKEN'],
    ['of another scheme', { authorization: `Digest ${TOKEN}` }, '401 error UNKNOWN_TOKEN'],
  ])('%s', async (_name, headers, expected) => {
    const { ask, upstream } = await openDoor();
    const response = await ask({}, { headers });
    expect(response.status === 200 ? '200' : await refusalOf(response)).toBe(expected);
    expect(upstream.messages()).toHaveLength(expected === '200' ? 1 : 0);
  });

  test('is asked for in a way that git understands', async () => {
    const { url } = await openDoor();
    const response = await fetch(`${url}${DOOR_PATHS.git}/info/refs?service=git-upload-pack`);
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  test('never gets into the log of the server', async () => {
    const { ask, events, world, logged } = await openDoor();
    world.breakDown();
    await ask();
    await events({ type: 'heartbeat' });
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.join('\n')).not.toContain(TOKEN);
  });
});

describe('an attempt that is over', () => {
  const requests: [string, (open: OpenDoor) => Promise<Response>][] = [
    ['model', ({ ask }) => ask()],
    ['token count', ({ post }) => post(`${DOOR_PATHS.model}/v1/messages/count_tokens`, askBody())],
    ['events', ({ events }) => events({ type: 'heartbeat' })],
    ['push', ({ post }) => post(`${DOOR_PATHS.git}/git-receive-pack`, '')],
  ];
  test.each(requests)('gets 409 at the %s, and is asked not to try again', async (_name, send) => {
    const open = await openDoor();
    await open.world.makeStale();
    const response = await send(open);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await refusalOf(response)).toBe('409 error STALE_EPOCH');
    expect(open.upstream.seen).toEqual([]);
  });

  test('pays for what was under way when it ended', async () => {
    const { ask, upstream, world } = await openDoor();
    upstream.script(async (_request, response) => {
      await world.makeStale();
      sendMessage(response);
    });
    const settlement = world.nextSettlement();
    await (await ask()).text();
    await settlement;
    expect((await world.attempt()).spentNano).toBeGreaterThan(0);
  });
});

describe('an attempt that asks too much', () => {
  test('may have so many model requests at a time, and continues when one ends', async () => {
    const { ask, events, upstream } = await openDoor({ limits: { modelConcurrency: 2 } });
    const both = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    upstream.script(async (_request, response) => {
      if (upstream.messages().length === 2) {
        both.resolve();
      }
      await release.promise;
      sendMessage(response);
    });
    const first = [ask(), ask()];
    await both.promise;
    const refused = await ask();
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refusalOf(refused)).toBe('429 error TOO_MANY_REQUESTS');
    expect((await events({ type: 'heartbeat' })).status).toBe(200);
    release.resolve();
    await Promise.all((await Promise.all(first)).map((response) => response.text()));
    expect((await ask()).status).toBe(200);
  });

  test('learns how long to wait when its minute is used up', async () => {
    const { ask, upstream } = await openDoor({ limits: { modelRequestsPerMinute: 1 } });
    await (await ask()).text();
    const response = await ask();
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refusalOf(response)).toBe('429 error TOO_MANY_REQUESTS');
    expect(upstream.messages()).toHaveLength(1);
  });
});

describe('the paths', () => {
  test.each([
    '/',
    '/door',
    '/door/v1',
    '/door/v1/model',
    '/door/v1/events/',
    '/metrics',
    '//door/v1/events',
    '/door/v1/model/../../..',
  ])('%s lead nowhere', async (path) => {
    const { post } = await openDoor();
    expect(await refusalOf(await post(path, askBody()))).toBe('404 error NOT_FOUND');
  });

  test('health answers without a token', async () => {
    const { url } = await openDoor();
    expect(await (await fetch(`${url}${DOOR_PATHS.health}`)).json()).toEqual({ ok: true });
  });
});

describe('a Unix socket', () => {
  function getHealth(socketPath: string): Promise<number> {
    return new Promise((resolve, reject) => {
      request({ socketPath, path: DOOR_PATHS.health }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
  }

  test('leads to the same door, for its owner alone', async () => {
    const { door } = await openDoor();
    const socketPath = join(directory, 'door.sock');
    expect(await door.listen({ socketPath })).toEqual({ socketPath });
    expect(await getHealth(socketPath)).toBe(200);
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
  });

  test.runIf(process.getuid?.() === 0)('can be given to the user of the sandbox', async () => {
    const { door } = await openDoor();
    const socketPath = join(directory, 'door.sock');
    await door.listen({ socketPath, owner: { uid: 65_534, gid: 65_534 } });
    const { uid, gid, mode } = await stat(socketPath);
    expect([uid, gid, mode & 0o777]).toEqual([65_534, 65_534, 0o600]);
  });

  test('left behind by a process that died is replaced', async () => {
    const socketPath = join(directory, 'door.sock');
    const dead = createServer().listen(socketPath);
    await new Promise((resolve) => dead.once('listening', resolve));
    const { door } = await openDoor();
    await door.listen({ socketPath });
    expect(await getHealth(socketPath)).toBe(200);
    await new Promise((resolve) => dead.close(resolve));
  });

  test('does not replace a file that is no socket, and reports a path that is too long', async () => {
    const { door } = await openDoor();
    const path = join(directory, 'notes.txt');
    await writeFile(path, 'keep me');
    await expect(door.listen({ socketPath: path })).rejects.toThrow('is not a socket');
    await expect(door.listen({ socketPath: join(directory, 'x'.repeat(120)) })).rejects.toThrow('107 bytes');
  });
});

test('closing gives up what is under way after the grace and settles it', async () => {
  const { door, ask, upstream, world } = await openDoor();
  const asked = Promise.withResolvers<void>();
  upstream.script(() => asked.resolve());
  const answer = ask().catch(() => null);
  await asked.promise;
  const reserved = (await world.attempt()).inflightNano;
  await door.close({ graceMs: 10 });
  expect(world.settled.map((one) => one.costNano)).toEqual([reserved]);
  await answer;
});

test('closing does not wait for a request whose body never comes', async () => {
  const { door, url } = await openDoor();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(
    `POST ${DOOR_PATHS.events} HTTP/1.1\r\nhost: door\r\nauthorization: Bearer ${TOKEN}\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n`,
  );
  await once(socket, 'data');
  const closed = once(socket, 'close');
  await door.close({ graceMs: 5 });
  await closed;
});
