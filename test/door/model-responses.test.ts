import { describe, expect, test } from 'vitest';
import { openDoor, OPENAI_MODEL } from './open-door.ts';
import type { OpenDoor } from './open-door.ts';
import { beginStream, sendJson } from './scripted-upstream.ts';

const PATH = '/door/v1/model/v1/responses';
const USAGE = {
  input_tokens: 1_100,
  input_tokens_details: { cached_tokens: 1_000 },
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 30 },
};
/** 100 new and 1,000 cached tokens of input, 50 of output. */
const COST_NANO = 100 * 1_000 + 1_000 * 100 + 50 * 10_000;

function body(fields: object = {}): object {
  return { model: OPENAI_MODEL, input: 'Say hello.', max_output_tokens: 1_000, ...fields };
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}

async function refusalOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string; type: string } };
  expect(error.type).toBe(error.code);
  return `${response.status} ${error.code}`;
}

function answerWhole({ upstream }: OpenDoor): void {
  upstream.script((_request, response) =>
    sendJson(response, 200, { id: 'resp_1', object: 'response', status: 'completed', output: [], usage: USAGE }),
  );
}

describe('a request of the Responses API', () => {
  test('is forwarded with the key of its provider and settled to the reported usage, cached tokens apart', async () => {
    const opened = await openDoor();
    answerWhole(opened);
    const settlement = opened.world.nextSettlement();
    const response = await opened.post(PATH, body({ client_metadata: { machine: 'here' }, store: false }));
    expect(response.status).toBe(200);
    await settlement;
    expect(opened.world.settled).toMatchObject([
      { costNano: COST_NANO, usage: { inputTokens: 100, outputTokens: 50, cacheReadTokens: 1_000 } },
    ]);
    const [seen] = opened.upstream.seen;
    expect(seen?.path).toBe('/v1/responses');
    expect(seen?.headers.authorization).toBe('Bearer sk-the-real-key');
    expect(seen?.body).toEqual({ ...body(), store: false });
  });

  test('gets a limit of output where it has none, and is never kept by the provider', async () => {
    const opened = await openDoor();
    answerWhole(opened);
    await opened.post(PATH, { model: OPENAI_MODEL, input: 'x' });
    expect(opened.upstream.seen[0]?.body).toMatchObject({ max_output_tokens: 8_192, store: false });
  });

  test.each([
    ['the end', event('response.completed', { response: { usage: USAGE } }), COST_NANO],
    ['an end for want of room', event('response.incomplete', { response: { usage: USAGE } }), COST_NANO],
    [
      'a failure with its usage',
      event('response.failed', { response: { usage: USAGE, error: { code: 'server_error', message: 'x' } } }),
      COST_NANO,
    ],
  ])('a stream is settled to the usage of %s', async (_name, end, costNano) => {
    const opened = await openDoor();
    opened.upstream.script((_request, response) => {
      beginStream(response);
      response.write(event('response.created', { response: { usage: null } }));
      response.write(event('response.output_text.delta', { delta: 'hello' }));
      response.end(end);
    });
    const settlement = opened.world.nextSettlement();
    await (await opened.post(PATH, body({ stream: true }))).text();
    await settlement;
    expect(opened.world.settled).toMatchObject([{ costNano }]);
  });

  test('a stream that is cut after output began costs what was reserved', async () => {
    const opened = await openDoor();
    opened.upstream.script((_request, response) => {
      beginStream(response);
      response.write(event('response.output_text.delta', { delta: 'hello' }), () => response.destroy());
    });
    const settlement = opened.world.nextSettlement();
    await (await opened.post(PATH, body({ stream: true }))).text().catch(() => undefined);
    await settlement;
    const [settled] = opened.world.settled;
    expect(settled?.costNano).toBe(settled?.upperNano);
  });

  test.each([
    [{ tools: [{ type: 'web_search' }] }, '400 FORBIDDEN_TOOL'],
    [{ tools: [{ type: 'web_search_preview' }] }, '400 FORBIDDEN_TOOL'],
    [{ tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }, '400 FORBIDDEN_TOOL'],
    [{ tools: [{ type: 'mcp', server_url: 'https://a.example' }] }, '400 FORBIDDEN_TOOL'],
    [{ tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'file_search' }] }] }, '400 FORBIDDEN_TOOL'],
    [{ tool_choice: { type: 'image_generation' } }, '400 FORBIDDEN_TOOL'],
    [{ previous_response_id: 'resp_0' }, '400 FORBIDDEN_FIELD'],
    [{ background: true }, '400 FORBIDDEN_FIELD'],
    [{ service_tier: 'priority' }, '400 FORBIDDEN_FIELD'],
    [{ store: true }, '400 FORBIDDEN_FIELD'],
    [{ include: ['file_search_call.results'] }, '400 FORBIDDEN_FIELD'],
    [{ input: [{ type: 'item_reference', id: 'x' }] }, '400 FORBIDDEN_FIELD'],
    [{ input: [{ type: 'web_search_call', id: 'x' }] }, '400 FORBIDDEN_FIELD'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://a.example/x.png' }] }] },
      '400 FORBIDDEN_FIELD',
    ],
    [{ input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file_1' }] }] }, '400 FORBIDDEN_FIELD'],
    [{ input: 7 }, '400 BAD_REQUEST'],
    [{ model: 'another' }, '400 UNKNOWN_MODEL'],
    [{ model: 'without-a-price' }, '400 NO_PRICE'],
    [{ model: 'claude-sonnet-5' }, '400 UNKNOWN_MODEL'],
  ])('%j is refused in the error shape of this API', async (fields, refusal) => {
    const opened = await openDoor();
    expect(await refusalOf(await opened.post(PATH, body(fields)))).toBe(refusal);
    expect(opened.upstream.seen).toHaveLength(0);
  });

  test.each([
    [{ tools: [{ type: 'function', name: 'run', parameters: {} }] }],
    [{ tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'run' }] }] }],
    [{ input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] }],
    [{ input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }] }] }],
    [{ reasoning: { effort: 'high', summary: 'auto' }, include: ['reasoning.encrypted_content'] }],
  ])('%j passes unchanged', async (fields) => {
    const opened = await openDoor();
    answerWhole(opened);
    expect((await opened.post(PATH, body(fields))).status).toBe(200);
    expect(opened.upstream.seen.at(-1)?.body).toMatchObject(fields);
  });

  test('is refused for want of money before it is sent', async () => {
    const opened = await openDoor({ budgetNano: 1_000 });
    expect(await refusalOf(await opened.post(PATH, body()))).toBe('403 BUDGET_EXHAUSTED');
    expect(opened.upstream.seen.filter(({ path }) => path === '/v1/responses')).toHaveLength(0);
  });
});

test('a refused key of a further provider does not stop the server', async () => {
  const opened = await openDoor();
  opened.upstream.script((_request, response) => sendJson(response, 401, { error: { code: 'invalid_api_key' } }));
  expect(await refusalOf(await opened.post(PATH, body()))).toBe('502 MODEL_AUTH');
  expect(opened.problems).toEqual([]);
});

test('a model of another format is named with its format', async () => {
  const { ask } = await openDoor();
  const response = await ask({ model: OPENAI_MODEL });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('requested in the format openai; this agent speaks anthropic');
});
