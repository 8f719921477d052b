import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createJsonMeter } from '../../app/door/json-meter.ts';
import { askBody, openDoor, refusalOf } from './open-door.ts';

const MESSAGES = '/door/v1/model/v1/messages';
const COUNT = '/door/v1/model/v1/messages/count_tokens';

test('no JSON in any field causes an error of the door', async () => {
  const { post, logged } = await openDoor({ limits: { requestsPerMinute: 1e9, modelRequestsPerMinute: 1e9 } });
  const key = fc.constantFrom(
    'type',
    'name',
    'toString',
    '__proto__',
    'content',
    'source',
    'data',
    'cache_control',
    'x',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>(null, true, 0, -1, 1.5, '', 'text', 'image', 'custom', 'user', 'base64', '\ud800'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }));
  const fields = Object.fromEntries(
    [
      'model',
      'max_tokens',
      'messages',
      'system',
      'tools',
      'tool_choice',
      'thinking',
      'metadata',
      'output_config',
      'context_management',
    ].map((name) => [name, value]),
  );
  const body = fc.record(fields, { requiredKeys: [] }).map((odd) => ({ ...askBody(), ...odd }));
  await fc.assert(
    fc.asyncProperty(fc.oneof(body, value), fc.constantFrom(MESSAGES, COUNT), async (sent, path) => {
      const response = await post(path, sent);
      await response.arrayBuffer();
      expect(response.status).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
  expect(logged.filter((line) => line.includes('a request failed'))).toEqual([]);
}, 60_000);

test.each([
  ['a tool whose type is an object', { tools: [{ type: { toString: 'x' } }] }],
  ['a block whose type is an object', { messages: [{ role: 'user', content: [{ type: { toString: null } }] }] }],
])('%s is refused', async (_name, odd) => {
  const { ask } = await openDoor();
  const response = await ask(odd);
  expect(response.status).toBe(400);
});

test.each([
  ['millions of empty lists', `[${'[],'.repeat(600_000)}[]]`, '413 error TOO_LARGE'],
  ['millions of empty objects', `[${'{},'.repeat(600_000)}{}]`, '413 error TOO_LARGE'],
  ['millions of numbers', `[${'1,'.repeat(600_000)}1]`, '413 error TOO_LARGE'],
  ['lists nested deeply', '['.repeat(10_000), '400 error BAD_REQUEST'],
  ['objects nested deeply', '{"a":'.repeat(10_000), '400 error BAD_REQUEST'],
])('a body of %s is refused before it is parsed', async (_name, body, refusal) => {
  const { post } = await openDoor();
  expect(await refusalOf(await post(COUNT, body))).toBe(refusal);
});

test('structure inside strings is not counted, wherever the chunks are cut', () => {
  const json = Buffer.from(JSON.stringify({ text: `${'[{,'.repeat(500_000)}\\"` }));
  const meter = createJsonMeter();
  for (let at = 0; at < json.length; at += 997) {
    expect(meter.push(json.subarray(at, at + 997))).toBe('fits');
  }
});

test('fields of betas that are not passed on are left out together with their header', async () => {
  const { ask, upstream } = await openDoor();
  const tool = { name: 'search', input_schema: { type: 'object' } };
  const response = await ask(
    {
      tools: [{ ...tool, defer_loading: true, input_examples: [{}] }],
      system: [{ type: 'text', text: 'You are a coder.', cache_control: { type: 'ephemeral', scope: 'global' } }],
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't', content: [{ type: 'tool_reference', tool_name: 'search' }] },
          ],
        },
      ],
    },
    {
      headers: {
        'anthropic-beta': 'advanced-tool-use-2025-11-20,context-management-2025-06-27,prompt-caching-scope-2026-01-05',
      },
    },
  );
  expect(response.status).toBe(200);
  const [seen] = upstream.messages();
  expect(seen?.headers['anthropic-beta']).toBe('context-management-2025-06-27');
  expect(seen?.body).toMatchObject({
    tools: [tool],
    system: [{ type: 'text', text: 'You are a coder.', cache_control: { type: 'ephemeral' } }],
    context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    messages: [{ content: [{ content: [{ type: 'text', text: 'The tool search is available.' }] }] }],
  });
  expect(JSON.stringify(seen?.body)).not.toMatch(/defer_loading|input_examples|scope/);
});
