import { describe, expect, test } from 'vitest';
import { TOKEN } from './attempt-world.ts';
import { askBody, openDoor, refusalOf } from './open-door.ts';
import { beginStream, EVENTS, sendMessage } from './scripted-upstream.ts';

/** 100 input, 20 + 10 cache write, 1,000 cache read, 50 output at the prices of claude-sonnet-5. */
const COST_NANO = 100 * 2_000 + 20 * 2_500 + 10 * 4_000 + 1_000 * 200 + 50 * 10_000;

describe('a message', () => {
  test('is forwarded with the key of the server and settled to the reported usage, cached tokens apart', async () => {
    const { ask, upstream, world } = await openDoor();
    const settlement = world.nextSettlement();
    const response = await ask({ metadata: { user_id: 'me' } });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ content: [{ text: 'hello' }] });
    await settlement;
    expect(world.settled).toMatchObject([
      {
        costNano: COST_NANO,
        usage: { inputTokens: 100, outputTokens: 50, cacheWriteTokens: 30, cacheReadTokens: 1_000 },
      },
    ]);
    expect((await world.attempt()).inflightNano).toBe(0);
    const [seen] = upstream.messages();
    expect(seen?.headers['x-api-key']).toBe('sk-the-real-key');
    expect(seen?.headers.authorization).toBeUndefined();
    expect(seen?.body).toEqual(askBody());
    expect(JSON.stringify(seen)).not.toContain(TOKEN);
  });

  test('carries the key as a bearer when the provider wants it so', async () => {
    const { ask, upstream } = await openDoor({ authStyle: 'bearer' });
    const response = await ask();
    expect(response.status).toBe(200);
    expect(upstream.messages().at(-1)?.headers.authorization).toBe('Bearer sk-the-real-key');
    expect(upstream.messages().at(-1)?.headers['x-api-key']).toBeUndefined();
  });

  test('passes the version and known betas on and drops every other header', async () => {
    const { post, upstream } = await openDoor();
    const response = await post('/door/v1/model/v1/messages?beta=true&x=1', askBody(), {
      headers: {
        'anthropic-version': '2026-10-21',
        'anthropic-beta': 'interleaved-thinking-2025-05-14, mcp-client-2025-11-20,code-execution-2025-05-22',
        'x-api-key': 'the-key-of-an-attacker',
        'x-goog-user-project': 'elsewhere',
      },
    });
    expect(response.status).toBe(200);
    const seen = upstream.messages()[0];
    expect(seen?.path).toBe('/v1/messages?beta=true');
    expect(seen?.headers).toMatchObject({
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'interleaved-thinking-2025-05-14',
      'x-api-key': 'sk-the-real-key',
    });
    expect(seen?.headers['x-goog-user-project']).toBeUndefined();
  });

  test('gets a max_tokens where it has none, and a cap where it asks for too much', async () => {
    const { ask, upstream } = await openDoor({ limits: { defaultOutputTokens: 777, maxOutputTokens: 2_000 } });
    await ask({ max_tokens: undefined });
    await ask({ max_tokens: 100_000 });
    expect(upstream.messages().map((request) => request.body['max_tokens'])).toEqual([777, 2_000]);
  });

  test('may use a priced small model in addition to the one of the task, and no other', async () => {
    const { ask } = await openDoor();
    expect((await ask({ model: 'claude-haiku-4-5' })).status).toBe(200);
    expect(await refusalOf(await ask({ model: 'claude-opus-5' }))).toBe('400 error UNKNOWN_MODEL');
    expect(await refusalOf(await ask({ model: 'without-a-price' }))).toBe('400 error NO_PRICE');
  });

  test('is counted for free', async () => {
    const { post, upstream, world } = await openDoor();
    const { max_tokens: _maxTokens, ...body } = askBody();
    const response = await post('/door/v1/model/v1/messages/count_tokens', body);
    expect(response.status).toBe(200);
    expect(upstream.seen.map((request) => request.path)).toEqual(['/v1/messages/count_tokens']);
    expect((await world.attempt()).modelCalls).toBe(0);
  });

  test('returns how much money is left', async () => {
    const { ask } = await openDoor({ budgetNano: 1_000_000_000 });
    const left = Number((await ask()).headers.get('x-bosun-budget-left'));
    expect(left).toBeGreaterThan(900_000_000);
    expect(left).toBeLessThan(1_000_000_000);
  });
});

describe('a stream', () => {
  test('is handed on as it comes: the first event arrives while the provider still holds the second back', async () => {
    const { ask, upstream, world } = await openDoor();
    const seenByClient = Promise.withResolvers<void>();
    upstream.script(async (_request, response) => {
      beginStream(response);
      response.write(EVENTS.start);
      await seenByClient.promise;
      response.end(EVENTS.text('hello') + EVENTS.delta + EVENTS.stop);
    });
    const settlement = world.nextSettlement();
    const response = await ask({ stream: true });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString('utf8')).toBe(EVENTS.start);
    seenByClient.resolve();
    let rest = '';
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      rest += Buffer.from(part.value).toString('utf8');
    }
    expect(rest).toBe(EVENTS.text('hello') + EVENTS.delta + EVENTS.stop);
    await settlement;
    expect(world.settled[0]?.costNano).toBe(COST_NANO);
  });

  test('is read by its usage wherever the chunks are cut', async () => {
    const { ask, upstream, world } = await openDoor();
    const whole = Buffer.from(EVENTS.start + EVENTS.text('grüße 👋 "message_delta"') + EVENTS.delta + EVENTS.stop);
    upstream.script(async (_request, response) => {
      beginStream(response);
      for (let at = 0; at < whole.length; at += 7) {
        response.write(whole.subarray(at, at + 7));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    const settlement = world.nextSettlement();
    expect(Buffer.from(await (await ask({ stream: true })).arrayBuffer())).toEqual(whole);
    await settlement;
    expect(world.settled[0]?.costNano).toBe(COST_NANO);
  });

  test('that the provider cuts after content ends cut for the worker and costs the reserved sum', async () => {
    const { ask, upstream, world } = await openDoor();
    upstream.script((_request, response) => {
      beginStream(response);
      response.write(EVENTS.start + EVENTS.text('x'.repeat(300)), () => response.destroy());
    });
    const settlement = world.nextSettlement();
    const response = await ask({ stream: true });
    await expect(response.text()).rejects.toThrow('terminated');
    await settlement;
    expect(world.settled[0]?.costNano).toBe(world.settled[0]?.upperNano);
  });

  test('that is cut before the first event costs the bound of its prompt', async () => {
    const { ask, upstream, world } = await openDoor();
    upstream.script((_request, response) => {
      beginStream(response);
      response.flushHeaders();
      setImmediate(() => response.destroy());
    });
    const settlement = world.nextSettlement();
    await ask({ stream: true })
      .then((response) => response.text())
      .catch(() => '');
    await settlement;
    expect(world.settled[0]?.costNano).toBeGreaterThan(2_000 * 2_500);
  });

  test('that the worker hangs up on is read to its end, so that hanging up saves nothing', async () => {
    const { ask, upstream, world } = await openDoor();
    const hungUp = Promise.withResolvers<void>();
    upstream.script(async (_request, response) => {
      beginStream(response);
      response.write(EVENTS.start);
      await hungUp.promise;
      response.end(EVENTS.text('hello') + EVENTS.delta + EVENTS.stop);
    });
    const settlement = world.nextSettlement();
    const worker = new AbortController();
    const response = await ask({ stream: true }, { signal: worker.signal });
    await response.body?.getReader().read();
    worker.abort();
    hungUp.resolve();
    await settlement;
    expect(world.settled[0]?.costNano).toBe(COST_NANO);
  });

  test('that breaks off with an error costs the prompt as reported and what arrived', async () => {
    const { ask, upstream, world, problems } = await openDoor();
    upstream.script((_request, response) => {
      beginStream(response);
      const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
      response.end(`${EVENTS.start}${EVENTS.text('abc')}event: error\ndata: ${JSON.stringify(error)}\n\n`);
    });
    const settlement = world.nextSettlement();
    expect(await (await ask({ stream: true })).text()).toContain('overloaded_error');
    await settlement;
    const prompt = COST_NANO - 50 * 10_000;
    expect(world.settled[0]?.costNano).toBe(prompt + 2 * 10_000);
    expect(problems).toMatchObject([{ kind: 'unavailable' }]);
  });

  test('that never ends is given up at the hard deadline and costs the reserved sum', async () => {
    const { ask, upstream, world } = await openDoor({ limits: { modelTimeoutMs: 300 } });
    upstream.script((_request, response) => {
      beginStream(response);
      response.write(EVENTS.start);
    });
    const settlement = world.nextSettlement();
    const worker = new AbortController();
    const response = await ask({ stream: true }, { signal: worker.signal });
    await response.body?.getReader().read();
    const reserved = (await world.attempt()).inflightNano;
    worker.abort();
    await settlement;
    expect(world.settled[0]?.costNano).toBe(reserved);
  });
});

describe('a worker that hangs up before the answer', () => {
  test('pays what the answer reports', async () => {
    const { ask, upstream, world } = await openDoor();
    const asked = Promise.withResolvers<void>();
    const hungUp = Promise.withResolvers<void>();
    upstream.script(async (_request, response) => {
      asked.resolve();
      await hungUp.promise;
      sendMessage(response);
    });
    const settlement = world.nextSettlement();
    const worker = new AbortController();
    const answer = ask({}, { signal: worker.signal }).catch(() => null);
    await asked.promise;
    worker.abort();
    await answer;
    hungUp.resolve();
    await settlement;
    expect(world.settled[0]?.costNano).toBe(COST_NANO);
  });
});
