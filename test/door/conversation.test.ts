import { describe, expect, test } from 'vitest';
import { DOOR_PATHS } from '../../protocol/index.ts';
import { TOKEN } from './attempt-world.ts';
import { openDoor, refusalOf } from './open-door.ts';
import type { OpenDoor } from './open-door.ts';

function call({ url }: OpenDoor, init: RequestInit = {}): Promise<Response> {
  return fetch(url + DOOR_PATHS.conversation, { headers: { authorization: `Bearer ${TOKEN}` }, ...init });
}

describe('the conversation of an agent', () => {
  test('is what the worker kept last, byte for byte, and lies with its attempt', async () => {
    const door = await openDoor();
    expect(await refusalOf(await call(door))).toBe('404 error NOT_FOUND');
    for (const body of [Buffer.from('first'), Buffer.from([0, 255, 10, 13])]) {
      expect((await call(door, { method: 'PUT', body })).status).toBe(204);
    }
    expect(Buffer.from(await (await call(door)).arrayBuffer())).toEqual(Buffer.from([0, 255, 10, 13]));
    expect([...door.artifacts.keys()].map((key) => key.split('/').slice(1).join('/'))).toEqual(['1/conversation.bin']);
  });

  test('is refused when it is too large, and the one before stays', async () => {
    const door = await openDoor({ limits: { conversationBytes: 10 } });
    await call(door, { method: 'PUT', body: 'small' });
    expect(await refusalOf(await call(door, { method: 'PUT', body: 'x'.repeat(11) }))).toBe('413 error TOO_LARGE');
    const streamed = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('x'.repeat(11)));
        controller.close();
      },
    });
    const init = { method: 'PUT', body: streamed, duplex: 'half' } as RequestInit;
    expect(await refusalOf(await call(door, init))).toBe('413 error TOO_LARGE');
    expect(await (await call(door)).text()).toBe('small');
  });

  test.each(['POST', 'DELETE'])('has no %s', async (method) => {
    expect((await call(await openDoor(), { method })).status).toBe(404);
  });

  test('is closed to a token that is unknown, and to an attempt that is over', async () => {
    const door = await openDoor();
    expect(await refusalOf(await call(door, { headers: { authorization: 'Bearer other' } }))).toBe(
      '401 error UNKNOWN_TOKEN',
    );
    await door.world.makeStale();
    expect(await refusalOf(await call(door, { method: 'PUT', body: 'late' }))).toBe('409 error STALE_EPOCH');
    expect(door.artifacts.size).toBe(0);
  });
});
