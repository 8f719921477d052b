import Anthropic from '@anthropic-ai/sdk';
import { afterEach, expect, test } from 'vitest';
import { createScriptedModel, type ScriptedModel } from '../../../demo/model/create-scripted-model.ts';
import type { ModelScript } from '../../../demo/model/model-script.ts';

let model: ScriptedModel;
afterEach(() => model.close());

async function open(script: ModelScript, key?: string): Promise<Anthropic> {
  model = await createScriptedModel({ script });
  return new Anthropic({ baseURL: model.url, apiKey: key ?? model.key, maxRetries: 0 });
}

const ASK = { model: 'claude-test', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Hello' }] };
const USAGE = { input: 11, output: 7, cacheCreation: 5, cacheRead: 3 };
const REPLY = {
  text: 'Let me look at the ünïcode 👀 of it, which takes more than one piece.',
  toolUse: [{ name: 'bash', input: { command: 'echo "quoted" && ls' } }],
  usage: USAGE,
};
const SEEN = {
  input_tokens: 11,
  output_tokens: 7,
  cache_creation_input_tokens: 5,
  cache_read_input_tokens: 3,
};

test('the SDK reads a reply with text, a tool call and all usage numbers', async () => {
  const client = await open([REPLY]);
  const message = await client.messages.create(ASK);
  expect(message.content).toMatchObject([
    { type: 'text', text: REPLY.text },
    { type: 'tool_use', ...REPLY.toolUse[0] },
  ]);
  expect(message.stop_reason).toBe('tool_use');
  expect(message.usage).toMatchObject(SEEN);
});

test('the SDK puts the same reply together from the stream', async () => {
  const client = await open([REPLY]);
  const stream = client.messages.stream(ASK);
  const types: string[] = [];
  stream.on('streamEvent', ({ type }) => types.push(type));
  const message = await stream.finalMessage();
  expect(message.content).toMatchObject([
    { type: 'text', text: REPLY.text },
    { type: 'tool_use', ...REPLY.toolUse[0] },
  ]);
  expect(message.usage).toMatchObject(SEEN);
  expect(types[0]).toBe('message_start');
  expect(types.slice(-2)).toEqual(['message_delta', 'message_stop']);
});

test('both header styles bring the key, and a wrong one is 401', async () => {
  await open([REPLY]);
  const ask = async (headers: Record<string, string>): Promise<number> => {
    const all = { 'anthropic-version': '2023-06-01', ...headers };
    return (await fetch(`${model.url}/v1/messages`, { method: 'POST', headers: all, body: JSON.stringify(ASK) }))
      .status;
  };
  expect(await ask({ 'x-api-key': model.key })).toBe(200);
  expect(await ask({ authorization: `Bearer ${model.key}` })).toBe(200);
  expect(await ask({ authorization: 'Bearer wrong' })).toBe(401);
  expect(await ask({})).toBe(401);
  expect(model.calls.map(({ keyHeader, status }) => [keyHeader, status])).toEqual([
    ['x-api-key', 200],
    ['authorization', 200],
    ['authorization', 401],
    [null, 401],
  ]);
  expect(JSON.stringify(model.calls)).not.toContain(model.key);
});

test('turns follow the conversation, and each conversation has its own place', async () => {
  const client = await open([{ text: 'one' }, { text: 'two' }]);
  const say = async (...texts: string[]): Promise<string> => {
    const messages = texts.map((content, index) => ({
      role: index % 2 ? ('assistant' as const) : ('user' as const),
      content,
    }));
    const { content } = await client.messages.create({ ...ASK, messages });
    return content[0]?.type === 'text' ? content[0].text : '';
  };
  expect(await say('a')).toBe('one');
  expect(await say('b')).toBe('one');
  expect(await say('a', 'one', 'go on')).toBe('two');
  expect(await say('a', 'one', 'go on', 'two', 'more')).toContain('The script has no turn 3');
});

test.each([
  ['unauthorized', 401, 'authentication_error'],
  ['rate_limited', 429, 'rate_limit_error'],
  ['overloaded', 529, 'overloaded_error'],
  ['server_error', 500, 'api_error'],
] as const)('%s is answered once with %i, then the turn behind it comes', async (fault, status, type) => {
  const client = await open([{ fault }, { text: 'here again' }]);
  await expect(client.messages.create(ASK)).rejects.toMatchObject({ status, error: { error: { type } } });
  expect((await client.messages.create(ASK)).content).toMatchObject([{ text: 'here again' }]);
  expect(model.calls.map((call) => [call.status, call.fault])).toEqual([
    [status, fault],
    [200, null],
  ]);
});

test('a stream can be cut in the middle', async () => {
  const client = await open([{ fault: 'cut', afterEvents: 4, reply: REPLY }]);
  const types: string[] = [];
  const stream = client.messages.stream(ASK).on('streamEvent', ({ type }) => types.push(type));
  await expect(stream.finalMessage()).rejects.toThrow(/./);
  expect(types).toEqual(['message_start', 'content_block_start', 'content_block_delta']);
});

test('a model that never answers leaves the client to its own patience', async () => {
  const client = await open([{ fault: 'hang' }]);
  const giveUp = new AbortController();
  const request = client.messages.create(ASK, { signal: giveUp.signal });
  await model.waitForCall(1);
  giveUp.abort();
  await expect(request).rejects.toThrow(/abort/i);
});

test('an answer can be malformed', async () => {
  const client = await open(() => ({ fault: 'malformed' }));
  await expect(client.messages.create(ASK)).rejects.toThrow(/./);
  await expect(client.messages.stream(ASK).finalMessage()).rejects.toThrow(/./);
});

test('requests the provider would refuse are 400 with the reason', async () => {
  const client = await open([REPLY]);
  const call = { type: 'tool_use' as const, id: 'toolu_1', name: 'bash', input: {} };
  const open400 = client.messages.create({
    ...ASK,
    messages: [...ASK.messages, { role: 'assistant', content: [call] }, { role: 'user', content: 'never mind' }],
  });
  await expect(open400).rejects.toMatchObject({ status: 400, message: expect.stringContaining('toolu_1') as string });
  await expect(client.messages.create({ ...ASK, max_tokens: 0 })).rejects.toMatchObject({ status: 400 });
});

test('tokens are counted', async () => {
  const client = await open([REPLY]);
  const { input_tokens } = await client.messages.countTokens({ model: ASK.model, messages: ASK.messages });
  expect(input_tokens).toBeGreaterThan(5);
});
