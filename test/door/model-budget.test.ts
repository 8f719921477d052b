import { describe, expect, test } from 'vitest';
import { parsePriceOverrides } from '../../app/budget/prices.ts';
import { askBody, openDoor, refusalOf, USD } from './open-door.ts';
import { sendError, sendJson, sendMessage } from './scripted-upstream.ts';
import type { SeenRequest } from './scripted-upstream.ts';

/** Upper bound of `askBody()`: its bytes and 2,000 tokens of overhead at the cache-write price, 1,000 tokens out. */
const BOUND_NANO = (bytesOf(askBody()) + 2_000) * 2_500 + 1_000 * 10_000;

function bytesOf({ max_tokens: _maxTokens, ...body }: { max_tokens: number }): number {
  return Buffer.byteLength(JSON.stringify(body));
}

function refuseToCount(act: (request: SeenRequest, response: Parameters<typeof sendMessage>[0]) => void) {
  return (request: SeenRequest, response: Parameters<typeof sendMessage>[0]): void =>
    request.path.includes('count_tokens') ? sendError(response, 404, 'not_found_error') : act(request, response);
}

describe('money', () => {
  test('for one request lets exactly one of 64 parallel ones through', async () => {
    const { ask, upstream, world } = await openDoor({
      budgetNano: Math.ceil(BOUND_NANO * 1.34),
      limits: { modelConcurrency: 64, concurrency: 64, minOutputTokens: 1_000 },
    });
    const refused = Promise.withResolvers<void>();
    upstream.script(
      refuseToCount((_request, response) => {
        void refused.promise.then(() => sendMessage(response));
      }),
    );
    let refusals = 0;
    const answers = await Promise.all(
      Array.from({ length: 64 }, async () => {
        const response = await ask();
        const outcome = response.status === 200 ? '200' : await refusalOf(response);
        refusals += outcome === '200' ? 0 : 1;
        if (refusals === 63) {
          refused.resolve();
        }
        return outcome;
      }),
    );
    expect(upstream.messages()).toHaveLength(1);
    expect(answers.filter((answer) => answer === '200')).toHaveLength(1);
    expect(new Set(answers)).toEqual(new Set(['200', '403 error BUDGET_EXHAUSTED']));
    expect((await world.attempt()).modelCalls).toBe(1);
  });

  test('that does not cover the wish buys a shorter answer instead of none', async () => {
    const { ask, upstream } = await openDoor({ budgetNano: 40_000_000 });
    upstream.script(refuseToCount((_request, response) => sendMessage(response)));
    expect((await ask({ max_tokens: 64_000 })).status).toBe(200);
    const granted = Number(upstream.messages()[0]?.body['max_tokens']);
    expect(granted).toBeGreaterThanOrEqual(1_024);
    expect(granted).toBeLessThan(3_000);
  });

  test('lowers a budget for thinking together with max_tokens', async () => {
    const { ask, upstream } = await openDoor({ budgetNano: 50_000_000 });
    upstream.script(refuseToCount((_request, response) => sendMessage(response)));
    await ask({ max_tokens: 64_000, thinking: { type: 'enabled', budget_tokens: 32_000 } });
    const body = upstream.messages()[0]?.body as { max_tokens: number; thinking: { budget_tokens: number } };
    expect(body.max_tokens).toBeGreaterThanOrEqual(2_048);
    expect(body.thinking.budget_tokens).toBeGreaterThanOrEqual(1_024);
    expect(body.thinking.budget_tokens).toBeLessThan(body.max_tokens);
  });

  test('is stretched by the count of the provider where the bound by bytes does not fit', async () => {
    const { ask, upstream } = await openDoor({ budgetNano: 200_000_000 });
    upstream.script((request, response) =>
      request.path.includes('count_tokens') ? sendJson(response, 200, { input_tokens: 20_000 }) : sendMessage(response),
    );
    const content = 'word '.repeat(20_000);
    expect((await ask({ messages: [{ role: 'user', content }], max_tokens: 1_024 })).status).toBe(200);
    expect(upstream.seen.map((request) => request.path)).toEqual(['/v1/messages/count_tokens', '/v1/messages']);
    expect(upstream.messages()[0]?.body['max_tokens']).toBe(1_024);
  });

  test('kept for wrapping up opens once the agent was warned, and then runs out with 403', async () => {
    const { ask, events, world, upstream } = await openDoor({ budgetNano: USD });
    upstream.script(
      refuseToCount(({ body }, response) =>
        sendMessage(response, { input_tokens: 0, output_tokens: body['max_tokens'] }),
      ),
    );
    const outcomes: string[] = [];
    for (let turn = 0; turn < 40 && outcomes.at(-1) !== '403 error BUDGET_EXHAUSTED'; turn += 1) {
      const response = await ask({ max_tokens: 8_000 });
      outcomes.push(response.status === 200 ? '200' : await refusalOf(response));
      await response.body?.cancel().catch(() => {});
    }
    expect(outcomes.filter((outcome) => outcome === '403 error BUDGET_WRAP_UP')).toHaveLength(1);
    const told = outcomes.indexOf('403 error BUDGET_WRAP_UP');
    expect(outcomes.slice(told + 1)).toContain('200');
    expect(outcomes.at(-1)).toBe('403 error BUDGET_EXHAUSTED');
    expect((await world.attempt()).spentNano).toBeLessThanOrEqual(USD);
    expect(await (await events({ type: 'heartbeat' })).json()).toEqual({ order: 'wrap_up' });
    expect(world.warned).toEqual([80, 95]);
  });

  test('kept for wrapping up is open at once to an agent that was warned by the events', async () => {
    const { ask, events, upstream } = await openDoor({ budgetNano: USD });
    upstream.script(
      refuseToCount((_request, response) => sendMessage(response, { input_tokens: 0, output_tokens: 46_000 })),
    );
    await (await ask({ max_tokens: 46_000 })).text();
    expect(await (await events({ type: 'heartbeat' })).json()).toEqual({ order: 'continue' });
    await (await ask({ max_tokens: 46_000 })).text();
    expect(await (await events({ type: 'heartbeat' })).json()).toEqual({ order: 'wrap_up' });
    expect((await ask()).status).toBe(200);
  });

  test('is not needed for a local model without a price', async () => {
    const parsed = parsePriceOverrides('{"claude-sonnet-5": {"input": 0, "output": 0}}');
    const { ask, world } = await openDoor({ prices: parsed.ok ? parsed.prices : new Map() });
    const settlement = world.nextSettlement();
    expect((await ask()).status).toBe(200);
    await settlement;
    expect(world.settled[0]).toMatchObject({ costNano: 0, usage: { inputTokens: 100 } });
  });

  test('is bounded by the images, not by the bytes of their data', async () => {
    const { ask, world, upstream } = await openDoor();
    const reserved = Promise.withResolvers<number>();
    upstream.script(async (_request, response) => {
      reserved.resolve((await world.attempt()).inflightNano);
      sendMessage(response);
    });
    const data = 'A'.repeat(4_000_000);
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } };
    expect((await ask({ messages: [{ role: 'user', content: [image] }] })).status).toBe(200);
    expect(await reserved.promise).toBeLessThan(9_000 * 2_500 + 1_000 * 10_000);
    expect(await reserved.promise).toBeGreaterThan(8_000 * 2_500);
  });

  test('is reserved for the one-hour cache when the request asks for it', async () => {
    const { ask, world, upstream } = await openDoor();
    const reserved: number[] = [];
    upstream.script(async (_request, response) => {
      reserved.push((await world.attempt()).inflightNano);
      sendMessage(response);
    });
    const block = (ttl: string) => [
      { role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl } }] },
    ];
    for (const ttl of ['5m', '1h']) {
      const settlement = world.nextSettlement();
      await ask({ messages: block(ttl), max_tokens: 0 });
      await settlement;
    }
    expect((reserved[1] ?? 0) / (reserved[0] ?? 1)).toBeCloseTo(4_000 / 2_500, 3);
  });
});

test('without a store nothing is forwarded', async () => {
  const { ask, events, world, upstream } = await openDoor();
  world.breakDown();
  expect(await refusalOf(await ask())).toBe('503 error STORE_UNAVAILABLE');
  expect(await refusalOf(await events({ type: 'heartbeat' }))).toBe('503 error STORE_UNAVAILABLE');
  expect(upstream.seen).toEqual([]);
});
