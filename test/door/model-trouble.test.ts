import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { decidePause, readRetryAfter } from '../../app/door/model/upstream/forward.ts';
import { openDoor, refusalOf } from './open-door.ts';
import { sendError, sendMessage } from './scripted-upstream.ts';

describe('a provider that', () => {
  test.each([401, 403])('refuses the key with %i ends in MODEL_AUTH at once and is reported', async (status) => {
    const { ask, upstream, world, problems, logged } = await openDoor();
    upstream.script((_request, response) => sendError(response, status, 'authentication_error'));
    const settlement = world.nextSettlement();
    const response = await ask();
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await refusalOf(response)).toBe('502 error MODEL_AUTH');
    await settlement;
    expect(upstream.messages()).toHaveLength(1);
    expect(world.settled[0]?.costNano).toBe(0);
    expect(problems).toMatchObject([{ kind: 'auth', status }]);
    expect(logged.join()).not.toContain('sk-the-real-key');
  });

  test('works again after a problem, which is reported once', async () => {
    const { ask, upstream, problems } = await openDoor();
    upstream.script((_request, response) =>
      upstream.messages().length === 1 ? sendError(response, 401, 'authentication_error') : sendMessage(response),
    );
    for (let request = 0; request < 3; request += 1) {
      await (await ask()).text();
    }
    expect(problems).toEqual([expect.objectContaining({ kind: 'auth' }), null]);
  });

  test.each([429, 500, 503, 529])('is busy with %i and then answers is tried again behind the door', async (status) => {
    const { ask, upstream, world, problems } = await openDoor();
    upstream.script((_request, response) =>
      upstream.messages().length < 3 ? sendError(response, status, 'overloaded_error') : sendMessage(response),
    );
    const settlement = world.nextSettlement();
    expect((await ask()).status).toBe(200);
    await settlement;
    expect(upstream.messages()).toHaveLength(3);
    expect(world.settled).toHaveLength(1);
    expect((await world.attempt()).modelCalls).toBe(1);
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
  });

  test('stays busy ends in MODEL_UNAVAILABLE after the patience, for nothing', async () => {
    const { ask, upstream, world, problems } = await openDoor();
    upstream.script((_request, response) => sendError(response, 529, 'overloaded_error'));
    const settlement = world.nextSettlement();
    expect(await refusalOf(await ask())).toBe('503 error MODEL_UNAVAILABLE');
    await settlement;
    expect(upstream.messages().length).toBeGreaterThan(1);
    expect(world.settled[0]?.costNano).toBe(0);
    expect(problems).toMatchObject([{ kind: 'unavailable', status: 529 }]);
  });

  test('asks for more patience than there is is not waited for', async () => {
    const { ask, upstream } = await openDoor();
    upstream.script((_request, response) => sendError(response, 429, 'rate_limit_error', { 'retry-after': '3600' }));
    expect(await refusalOf(await ask())).toBe('503 error MODEL_UNAVAILABLE');
    expect(upstream.messages()).toHaveLength(1);
  });

  test('cannot be reached costs nothing', async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const { ask, world } = await openDoor({ upstreamUrl: `http://127.0.0.1:${port}` });
    const settlement = world.nextSettlement();
    expect(await refusalOf(await ask())).toBe('503 error MODEL_UNAVAILABLE');
    await settlement;
    expect(world.settled[0]?.costNano).toBe(0);
  });

  test('never answers is given up after a while and costs the reserved sum, because it may have generated all of it', async () => {
    const { ask, upstream, world } = await openDoor({ limits: { answerTimeoutMs: 30 } });
    upstream.script(() => {});
    const settlement = world.nextSettlement();
    const response = await ask();
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await refusalOf(response)).toBe('503 error MODEL_UNAVAILABLE');
    await settlement;
    expect(upstream.messages()).toHaveLength(1);
    expect(world.settled[0]?.costNano).toBe(world.settled[0]?.upperNano);
  });

  test('breaks the connection before it answers is not asked twice, because it may have been paid', async () => {
    const { ask, upstream, world } = await openDoor();
    upstream.script((_request, response) => {
      response.destroy();
    });
    const settlement = world.nextSettlement();
    expect(await refusalOf(await ask())).toBe('503 error MODEL_UNAVAILABLE');
    await settlement;
    expect(upstream.messages()).toHaveLength(1);
    expect(world.settled[0]?.costNano).toBeGreaterThan(2_000 * 2_500);
  });

  test.each([400, 404, 413, 422])(
    'refuses the request itself with %i is quoted to the worker, for nothing',
    async (status) => {
      const { ask, upstream, world } = await openDoor();
      upstream.script((_request, response) => sendError(response, status, 'invalid_request_error'));
      const settlement = world.nextSettlement();
      const response = await ask();
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({
        type: 'error',
        error: { type: 'invalid_request_error', message: `scripted ${status}` },
      });
      await settlement;
      expect(world.settled[0]?.costNano).toBe(0);
    },
  );

  test('redirects is not followed', async () => {
    const { ask, upstream } = await openDoor();
    upstream.script((_request, response) => {
      response.writeHead(307, { location: 'https://evil.example/v1/messages' }).end();
    });
    expect(await refusalOf(await ask())).toBe('503 error MODEL_UNAVAILABLE');
    expect(upstream.messages()).toHaveLength(1);
  });

  test('reports no usage costs the reserved sum', async () => {
    const { ask, upstream, world } = await openDoor();
    let reserved = 0;
    upstream.script(async (_request, response) => {
      reserved = (await world.attempt()).inflightNano;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"type":"message"}');
    });
    const settlement = world.nextSettlement();
    await (await ask()).text();
    await settlement;
    expect(world.settled[0]?.costNano).toBe(reserved);
  });

  test('is busy is not waited for once the worker hung up', async () => {
    const { ask, upstream, world } = await openDoor({
      limits: { patienceMs: 60_000, firstPauseMs: 50_000, longestPauseMs: 50_000 },
    });
    const asked = Promise.withResolvers<void>();
    upstream.script((_request, response) => {
      sendError(response, 529, 'overloaded_error');
      asked.resolve();
    });
    const settlement = world.nextSettlement();
    const worker = new AbortController();
    const answer = ask({}, { signal: worker.signal }).catch(() => null);
    await asked.promise;
    worker.abort();
    await Promise.all([answer, settlement]);
    expect(world.settled[0]?.costNano).toBe(0);
  });
});

describe('the pause before the next try', () => {
  const limits = { firstPauseMs: 1_000, longestPauseMs: 20_000 };
  test.each([
    ['starts with half to all of the first pause', { tries: 0, random: 0 }, 500],
    ['is jittered upwards', { tries: 0, random: 0.5 }, 750],
    ['doubles', { tries: 2, random: 0 }, 2_000],
    ['stops growing', { tries: 40, random: 0 }, 10_000],
    ['obeys retry-after', { tries: 5, random: 0, retryAfterMs: 7_000 }, 7_000],
    ['adds a little to retry-after', { tries: 0, random: 1, retryAfterMs: 7_000 }, 7_500],
    ['is none when the patience does not cover it', { tries: 0, random: 0, leftMs: 400 }, null],
    ['is none when retry-after exceeds the patience', { tries: 0, random: 0, retryAfterMs: 120_001 }, null],
  ])('%s', (_name, facts, expected) => {
    expect(decidePause({ retryAfterMs: null, leftMs: 120_000, limits, ...facts })).toBe(expected);
  });

  test.each([
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after-ms': '250', 'retry-after': '3' }, 250],
    [{ 'retry-after': 'Fri, 31 Dec 2027 23:59:59 GMT' }, null],
    [{ 'retry-after': '-5' }, null],
    [{}, null],
  ])('reads %j', (headers, expected) => {
    expect(readRetryAfter(headers)).toBe(expected);
  });
});
