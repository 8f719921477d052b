import { expect, test } from 'vitest';
import { anthropicMessages } from '../../app/door/model/anthropic/anthropic-messages.ts';
import { createAskModel } from '../../app/door/model/ask/create-ask-model.ts';
import type { ModelProvider } from '../../app/door/model/dialect.ts';
import type { TaskSettings } from '../../app/task/task.ts';
import { parseConfigFile } from '../../app/config/config-file.ts';
import { startOllama } from './ollama-server.ts';
import { openDoor, QUICK, refusalOf } from './open-door.ts';
import { sendError, sendMessage } from './scripted-upstream.ts';

const FALLBACKS: Partial<TaskSettings> = {
  tier: 'medium',
  fallbacks: [
    { model: 'claude-sonnet-5-5', provider: null },
    { model: 'claude-sonnet-4-6', provider: null },
  ],
};

test('a retired model is followed by the next of its tier, in the same request and from then on', async () => {
  const { ask, logged, upstream, world } = await openDoor({ settings: FALLBACKS });
  upstream.script(({ body }, response) =>
    body['model'] === 'claude-sonnet-5' ? sendError(response, 404, 'not_found_error') : sendMessage(response),
  );
  expect((await ask()).status).toBe(200);
  expect((await ask()).status).toBe(200);
  expect(upstream.messages().map(({ body }) => body['model'])).toEqual([
    'claude-sonnet-5',
    'claude-sonnet-5-5',
    'claude-sonnet-5-5',
  ]);
  expect(logged.join('\n')).toContain('the provider no longer has this model');
  const totals = await world.totals();
  expect(totals.map(({ model, costNano }) => [model, costNano > 0])).toEqual([
    ['claude-sonnet-5', false],
    ['claude-sonnet-5-5', true],
  ]);
});

test('without another model the answer of the provider is passed on', async () => {
  const { ask, upstream } = await openDoor();
  upstream.script((_request, response) => sendError(response, 404, 'not_found_error'));
  const response = await ask();
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { type: 'not_found_error' } });
});

test('a wrong request is not taken for a retired model', async () => {
  const { ask, upstream } = await openDoor({ settings: FALLBACKS });
  upstream.script((_request, response) => sendError(response, 400, 'invalid_request_error'));
  const response = await ask();
  expect(response.status).toBe(400);
  expect(upstream.messages()).toHaveLength(1);
});

test('a model without a price is refused with NO_PRICE', async () => {
  const { ask } = await openDoor();
  expect(await refusalOf(await ask({ model: 'without-a-price' }))).toContain('NO_PRICE');
});

/** The provider `local` as the operator's file describes it. */
async function openLocal(say: string): Promise<{ provider: ModelProvider; seen: { body: Record<string, unknown> }[] }> {
  const server = await startOllama(['qwen3-coder'], say);
  const text = `providers:\n  local: {dialect: anthropic, url: "${server.url}", models: [qwen3-coder, llama4]}\n`;
  const { config, problems } = parseConfigFile({ file: 'bosun.yml', text }, {});
  expect(problems).toEqual([]);
  const [local] = config.providers;
  if (local === undefined) {
    throw new Error('the file has no provider');
  }
  const { service: _service, ...rest } = local;
  return { provider: { ...rest, dialect: anthropicMessages }, seen: server.seen };
}

test('a local server costs nothing, and its tokens are counted', async () => {
  const { provider } = await openLocal('Hello.');
  const settings = { model: 'qwen3-coder', provider: 'local', tier: 'local' } as const;
  const { ask, world } = await openDoor({ settings, providers: [provider] });
  const response = await ask({ model: 'qwen3-coder', stream: true, tool_choice: { type: 'any' } });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('message_stop');
  expect(await world.totals()).toEqual([
    {
      purpose: 'work',
      provider: 'local',
      model: 'qwen3-coder',
      requests: 1,
      usage: { inputTokens: 25, outputTokens: 7, cacheWriteTokens: 0, cacheReadTokens: 0 },
      costNano: 0,
    },
  ]);
});

test('a local model that was not pulled is followed by one that was', async () => {
  const { provider, seen } = await openLocal('Hello.');
  const fallbacks = [{ model: 'qwen3-coder', provider: 'local' }];
  const settings = { model: 'llama4', provider: 'local', tier: 'local', fallbacks } as const;
  const { ask } = await openDoor({ settings, providers: [provider] });
  expect((await ask({ model: 'llama4' })).status).toBe(200);
  expect(seen.map(({ body }) => body['model'])).toEqual(['llama4', 'qwen3-coder']);
});

test('a local server answers questions of Bosun although it ignores tool_choice', async () => {
  const { provider } = await openLocal('{"ready":true}');
  const { world } = await openDoor();
  const { task, epoch } = await world.running();
  const answer = await createAskModel({
    stores: world.stores,
    providers: [provider],
    tiers: { local: [{ model: 'qwen3-coder', provider: 'local' }], small: [], medium: [], large: [] },
    clock: { now: () => new Date() },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    limits: QUICK,
  })({
    taskId: task.id,
    epoch,
    purpose: 'readiness',
    system: 'Is it ready?',
    user: 'The request.',
    schema: { type: 'object', properties: { ready: { type: 'boolean' } }, required: ['ready'] },
    capNano: 1,
  });
  expect(answer).toEqual({ kind: 'answered', value: { ready: true }, model: 'qwen3-coder', costNano: 0 });
  expect(await world.totals()).toMatchObject([{ purpose: 'readiness', provider: 'local', requests: 1, costNano: 0 }]);
});
