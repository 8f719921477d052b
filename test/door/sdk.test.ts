import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { betaAgentToolset20260401 } from '@anthropic-ai/sdk/tools/agent-toolset/node';
import { expect, test } from 'vitest';
import { DOOR_PATHS } from '../../protocol/index.ts';
import { openDoor } from './open-door.ts';
import type { OpenDoor } from './open-door.ts';
import { beginStream, EVENTS, sendJson, sendMessage, USAGE } from './scripted-upstream.ts';
import { TOKEN } from './attempt-world.ts';

function client({ url }: OpenDoor): Anthropic {
  return new Anthropic({ authToken: TOKEN, apiKey: null, baseURL: `${url}${DOOR_PATHS.model}` });
}

const MESSAGES = [{ role: 'user' as const, content: 'Write hello to a file.' }];

test('the tool runner of the SDK works through the door with its agent toolset', async () => {
  const opened = await openDoor();
  const workdir = await mkdtemp(join(tmpdir(), 'door-sdk-'));
  opened.upstream.script((_request, response) => {
    if (opened.upstream.messages().length > 1) {
      sendMessage(response);
      return;
    }
    sendJson(response, 200, {
      id: 'msg_0',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-5',
      content: [
        { type: 'tool_use', id: 'toolu_1', name: 'write', input: { file_path: 'hello.txt', content: 'hello' } },
      ],
      stop_reason: 'tool_use',
      usage: USAGE,
    });
  });
  const final = await client(opened).beta.messages.toolRunner({
    model: 'claude-sonnet-5',
    max_tokens: 1_000,
    messages: MESSAGES,
    tools: betaAgentToolset20260401({ workdir }),
    thread: false,
  });
  expect(final.content).toMatchObject([{ type: 'text', text: 'hello' }]);
  expect(await readFile(join(workdir, 'hello.txt'), 'utf8')).toBe('hello');
  expect((await opened.world.attempt()).modelCalls).toBe(2);
  await rm(workdir, { recursive: true });
});

test('a stream of the SDK works through the door', async () => {
  const opened = await openDoor();
  opened.upstream.script((_request, response) => {
    beginStream(response);
    response.end(EVENTS.start + EVENTS.delta + EVENTS.stop);
  });
  const stream = client(opened).messages.stream({ model: 'claude-sonnet-5', max_tokens: 100, messages: MESSAGES });
  expect((await stream.finalMessage()).usage.output_tokens).toBe(50);
});

test('a refusal for want of money is an error with its code, asked for once', async () => {
  const opened = await openDoor({ budgetNano: 1_000 });
  const asked = client(opened).messages.create({ model: 'claude-sonnet-5', max_tokens: 100, messages: MESSAGES });
  await expect(asked).rejects.toMatchObject({
    status: 403,
    error: { type: 'error', error: { type: 'BUDGET_EXHAUSTED' } },
  });
  expect(opened.upstream.messages()).toHaveLength(0);
});

test('the end of the attempt is an error at once, although the SDK would repeat a 409', async () => {
  const opened = await openDoor();
  let lookups = 0;
  const findByToken = opened.world.attempts.findByToken;
  Object.assign(opened.world.attempts, {
    findByToken: (sha: string) => {
      lookups += 1;
      return findByToken(sha);
    },
  });
  await opened.world.makeStale();
  const asked = client(opened).messages.create({ model: 'claude-sonnet-5', max_tokens: 100, messages: MESSAGES });
  await expect(asked).rejects.toMatchObject({ status: 409 });
  expect(lookups).toBe(1);
});
