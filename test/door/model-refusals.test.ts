import { describe, expect, test } from 'vitest';
import { askBody, openDoor, refusalOf } from './open-door.ts';

const CUSTOM = { name: 'read', description: 'Reads a file.', input_schema: { type: 'object' } };
const user = (content: unknown): object => ({ messages: [{ role: 'user', content }] });

describe('ways out through the provider are closed before anything is forwarded', () => {
  const bodies: [string, object, string][] = [
    ['web search', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'FORBIDDEN_TOOL'],
    ['web fetch', { tools: [CUSTOM, { type: 'web_fetch_20260318', name: 'web_fetch' }] }, 'FORBIDDEN_TOOL'],
    ['code execution', { tools: [{ type: 'code_execution_20260521', name: 'code_execution' }] }, 'FORBIDDEN_TOOL'],
    ['an MCP toolset', { tools: [{ type: 'mcp_toolset', mcp_server_name: 'x' }] }, 'FORBIDDEN_TOOL'],
    ['computer use', { tools: [{ type: 'computer_20251124', name: 'computer' }] }, 'FORBIDDEN_TOOL'],
    ['an advisor', { tools: [{ type: 'advisor_20260301', name: 'advisor', model: 'x' }] }, 'FORBIDDEN_TOOL'],
    ['tool search', { tools: [{ type: 'tool_search_tool_bm25_20251119', name: 'x' }] }, 'FORBIDDEN_TOOL'],
    ['a tool type to come', { tools: [{ type: 'bash_code_execution_20270101', name: 'x' }] }, 'FORBIDDEN_TOOL'],
    [
      'a caller of the provider',
      { tools: [{ ...CUSTOM, allowed_callers: ['code_execution_20260120'] }] },
      'FORBIDDEN_TOOL',
    ],
    ['MCP servers', { mcp_servers: [{ type: 'url', url: 'https://evil.example', name: 'x' }] }, 'FORBIDDEN_FIELD'],
    ['a container', { container: 'container_1' }, 'FORBIDDEN_FIELD'],
    ['state kept by the provider', { thread: { type: 'create' } }, 'FORBIDDEN_FIELD'],
    ['other models as fallbacks', { fallbacks: [{ model: 'claude-opus-5' }] }, 'FORBIDDEN_FIELD'],
    ['fast mode', { speed: 'fast' }, 'FORBIDDEN_FIELD'],
    [
      'compaction that is billed apart',
      { context_management: { edits: [{ type: 'compact_20260112' }] } },
      'FORBIDDEN_FIELD',
    ],
    ['an unknown field', { escape_hatch: true }, 'FORBIDDEN_FIELD'],
    [
      'an image by URL',
      user([{ type: 'image', source: { type: 'url', url: 'https://evil.example/x.png' } }]),
      'FORBIDDEN_FIELD',
    ],
    [
      'a document by URL',
      user([{ type: 'document', source: { type: 'url', url: 'https://evil.example/' } }]),
      'FORBIDDEN_FIELD',
    ],
    ['an uploaded file', user([{ type: 'document', source: { type: 'file', file_id: 'file_1' } }]), 'FORBIDDEN_FIELD'],
    ['a container upload', user([{ type: 'container_upload', file_id: 'file_1' }]), 'FORBIDDEN_FIELD'],
    [
      'an image by URL within a tool result',
      user([
        {
          type: 'tool_result',
          tool_use_id: 't',
          content: [{ type: 'image', source: { type: 'url', url: 'https://evil.example' } }],
        },
      ]),
      'FORBIDDEN_FIELD',
    ],
    [
      'an image by URL within a document',
      user([{ type: 'document', source: { type: 'content', content: [{ type: 'image', source: { type: 'url' } }] } }]),
      'FORBIDDEN_FIELD',
    ],
    [
      'a tool added in the middle',
      user([{ type: 'tool_addition', tool: { type: 'web_search_20250305' } }]),
      'FORBIDDEN_FIELD',
    ],
    [
      'a server tool call',
      {
        messages: [
          { role: 'assistant', content: [{ type: 'server_tool_use', id: 'x', name: 'web_search', input: {} }] },
        ],
      },
      'FORBIDDEN_FIELD',
    ],
    ['a field beside a message', { messages: [{ role: 'user', content: 'x', output_config: {} }] }, 'FORBIDDEN_FIELD'],
    ['a message that is no object', { messages: ['hello'] }, 'BAD_REQUEST'],
    ['an unknown role', { messages: [{ role: 'operator', content: 'x' }] }, 'BAD_REQUEST'],
    ['a max_tokens below zero', { max_tokens: -1 }, 'BAD_REQUEST'],
  ];

  test('each of them is answered with its code', async () => {
    const { ask, upstream, world } = await openDoor();
    for (const [name, fields, code] of bodies) {
      expect(`${name}: ${await refusalOf(await ask(fields))}`).toBe(`${name}: 400 error ${code}`);
    }
    expect(upstream.seen).toEqual([]);
    expect((await world.attempt()).modelCalls).toBe(0);
  });

  test('the same fields are refused when tokens are only counted', async () => {
    const { post, upstream } = await openDoor();
    const response = await post('/door/v1/model/v1/messages/count_tokens', { ...askBody(), mcp_servers: [] });
    expect(await refusalOf(response)).toBe('400 error FORBIDDEN_FIELD');
    expect(upstream.seen).toEqual([]);
  });
});

test('tools of the worker, cached prompts, inline files and the words of a tool call go through unchanged', async () => {
  const { ask, upstream } = await openDoor();
  const cached = { cache_control: { type: 'ephemeral', ttl: '1h' } };
  const body = {
    system: [{ type: 'text', text: 'You are a coder.', ...cached }],
    tools: [
      { type: 'custom', ...CUSTOM, strict: true, ...cached },
      { type: 'bash_20250124', name: 'bash' },
      { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool', max_characters: 10_000 },
      { type: 'memory_20250818', name: 'memory' },
    ],
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    thinking: { type: 'adaptive', display: 'summarized' },
    output_config: { effort: 'high' },
    context_management: { edits: [{ type: 'clear_tool_uses_20250919', keep: { type: 'tool_uses', value: 3 } }] },
    stop_sequences: ['END'],
    temperature: 1,
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'look' }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: '…', signature: 's' },
          { type: 'tool_use', id: 't', name: 'read', input: { type: 'url', source: { type: 'url' }, mcp_servers: 1 } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't',
            content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }],
          },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' } },
        ],
      },
    ],
  };
  const response = await ask(body);
  expect(response.status).toBe(200);
  expect(upstream.messages()[0]?.body).toEqual({ ...askBody(), ...body });
});

describe('the model gateway', () => {
  test.each(['/v1/models', '/v1/messages/batches', '/v1/files', '/v1/complete', '/v1/messages/', '/v1/skills'])(
    'has no %s',
    async (path) => {
      const { post, upstream } = await openDoor();
      expect(await refusalOf(await post(`/door/v1/model${path}`, askBody()))).toBe('404 error NOT_FOUND');
      expect(upstream.seen).toEqual([]);
    },
  );

  test('refuses what is not JSON, what is too large and what is compressed', async () => {
    const { post } = await openDoor({ limits: { modelBodyBytes: 1_000 } });
    const path = '/door/v1/model/v1/messages';
    expect(await refusalOf(await post(path, 'no json'))).toBe('400 error BAD_REQUEST');
    expect(await refusalOf(await post(path, `"${'x'.repeat(1_000)}"`))).toBe('413 error TOO_LARGE');
    const gzip = { headers: { 'content-encoding': 'gzip' } };
    expect(await refusalOf(await post(path, askBody(), gzip))).toBe('400 error BAD_REQUEST');
  });

  test('survives a body that is nested a million deep', async () => {
    const { post } = await openDoor();
    const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    const json = JSON.stringify({
      ...askBody(),
      messages: [{ role: 'assistant', content: [{ type: 'tool_use', input: 0 }] }],
    });
    const response = await post('/door/v1/model/v1/messages', json.replace('"input":0', `"input":${deep}`));
    expect(await refusalOf(response)).toBe('400 error BAD_REQUEST');
  });
});
