import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkRequest } from './check-request.ts';
import {
  isFault,
  scriptPlayer,
  type ModelFault,
  type ModelReply,
  type ModelRequest,
  type ModelScript,
} from './model-script.ts';
import { composeResponse, responseEvents, toMessages } from './responses-format.ts';
import { composeMessage, streamEvents, type StreamEvent } from './stream-events.ts';

export interface ScriptedModelOptions {
  script: ModelScript;
  /** 0 (any free port) by default; the host is always 127.0.0.1. */
  port?: number;
  /** The only key it takes. One is made up when absent. */
  key?: string;
}

/** One call, in the form of the Messages API whatever the format it came in. Never the key. */
interface ModelCall {
  path: string;
  model: string;
  isStream: boolean;
  /** Which header brought the key. */
  keyHeader: 'x-api-key' | 'authorization' | null;
  version: string | null;
  request: ModelRequest;
  /** 0 when there was no answer. */
  status: number;
  /** The fault that was played. */
  fault: ModelFault['fault'] | null;
  atMs: number;
}

export interface ScriptedModel {
  /** `http://127.0.0.1:PORT`. Use it as `ANTHROPIC_BASE_URL`. */
  url: string;
  /** Use it as `ANTHROPIC_API_KEY`. */
  key: string;
  /** Every call in order, refused ones included. */
  calls: readonly ModelCall[];
  /** Resolves when the n-th call (from 1) has come in. */
  waitForCall: (count: number) => Promise<ModelCall>;
  /** From the next request on. */
  setScript: (script: ModelScript) => void;
  close: () => Promise<void>;
}

/** Starts a model provider that says what a script says. */
export async function createScriptedModel(options: ScriptedModelOptions): Promise<ScriptedModel> {
  const key = options.key ?? `sk-ant-local-${randomBytes(18).toString('base64url')}`;
  const calls: ModelCall[] = [];
  let waiting: { count: number; resolve: (call: ModelCall) => void }[] = [];
  let play = scriptPlayer(options.script);

  function note(call: ModelCall): void {
    calls.push(call);
    for (const { resolve } of waiting.filter(({ count }) => count === calls.length)) {
      resolve(call);
    }
    waiting = waiting.filter(({ count }) => count !== calls.length);
  }

  const server = createServer((request, response) => {
    answer({ key, note, play: (body) => play(body) }, request, response).catch((error: unknown) => {
      process.stderr.write(`scripted model: ${String((error as Error).stack)}\n`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key,
    calls,
    waitForCall(count) {
      const known = calls[count - 1];
      return known ? Promise.resolve(known) : new Promise((resolve) => waiting.push({ count, resolve }));
    },
    setScript(script) {
      play = scriptPlayer(script);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Provider {
  key: string;
  note: (call: ModelCall) => void;
  play: (request: ModelRequest) => ReturnType<ReturnType<typeof scriptPlayer>>;
}

async function answer(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  if (request.method !== 'POST' || !/^\/v1\/(messages(\/count_tokens)?|responses(\/input_tokens)?)$/.test(path)) {
    sendError(response, {
      status: 404,
      type: 'not_found_error',
      message: `The scripted model has no ${request.method} ${path}.`,
    });
    return;
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const isResponses = path.startsWith('/v1/responses');
  const parsed = parse(text);
  const body = isResponses ? toMessages(parsed) : parsed;
  const call = startCall(path, request, body);
  provider.note(call);
  response.on('finish', () => {
    call.status = response.statusCode;
  });
  if (keyOf(request)?.value !== provider.key) {
    sendError(response, { status: 401, type: 'authentication_error', message: 'invalid x-api-key' });
    return;
  }
  const version = isResponses ? '' : (call.version ?? undefined);
  const problem = checkRequest(body, version) ?? checkLength(path, call.request);
  if (problem) {
    sendError(response, { status: 400, type: 'invalid_request_error', message: problem });
    return;
  }
  if (path.endsWith('_tokens')) {
    sendJson(response, { input_tokens: tokensIn(text) });
    return;
  }
  const turn = await provider.play(call.request);
  if (isFault(turn)) {
    call.fault = turn.fault;
    await playFault(turn, { call, text, response });
    return;
  }
  await playReply(turn, { call, text, response });
}

function startCall(path: string, request: IncomingMessage, body: unknown): ModelCall {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as ModelRequest;
  const version = request.headers['anthropic-version'];
  return {
    path,
    model: fields.model ?? '',
    isStream: fields.stream === true,
    keyHeader: keyOf(request)?.header ?? null,
    version: typeof version === 'string' ? version : null,
    request: fields,
    status: 0,
    fault: null,
    atMs: performance.now(),
  };
}

function keyOf({ headers }: IncomingMessage): { header: 'x-api-key' | 'authorization'; value: string } | undefined {
  const plain = headers['x-api-key'];
  if (typeof plain === 'string') {
    return { header: 'x-api-key', value: plain };
  }
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  return bearer === undefined ? undefined : { header: 'authorization', value: bearer };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not JSON: the check of the request answers 400.
    return undefined;
  }
}

function checkLength(path: string, request: ModelRequest): string | undefined {
  const isFine = path.endsWith('_tokens') || (Number.isInteger(request.max_tokens) && request.max_tokens > 0);
  return isFine ? undefined : 'max_tokens: Field required';
}

function tokensIn(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

interface Playing {
  call: ModelCall;
  text: string;
  response: ServerResponse;
}

async function playReply(reply: ModelReply, playing: Playing, cutAfter = Infinity): Promise<void> {
  const { call, text, response } = playing;
  if (reply.delayMs) {
    await sleep(reply.delayMs);
  }
  const said = (reply.text ?? '') + JSON.stringify(reply.toolUse ?? '');
  const usage = { input: tokensIn(text), output: tokensIn(said), cacheCreation: 0, cacheRead: 0, ...reply.usage };
  const newId = (prefix: string): string => `${prefix}_${randomBytes(12).toString('hex')}`;
  const isResponses = call.path === '/v1/responses';
  const message = isResponses
    ? composeResponse(reply, { id: newId('resp'), model: call.model, usage, newId })
    : composeMessage(reply, { id: newId('msg'), model: call.model, usage, newToolId: () => newId('toolu') });
  const events = 'object' in message ? responseEvents(message) : streamEvents(message);
  if (!call.isStream) {
    if (cutAfter !== Infinity) {
      response.destroy();
      return;
    }
    sendJson(response, message);
    return;
  }
  response.writeHead(200, {
    ...commonHeaders(),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  for (const [index, event] of events.entries()) {
    if (index >= cutAfter) {
      // Not `destroy` at once: what was written has to arrive first.
      response.write('', () => response.destroy());
      return;
    }
    response.write(frame(event));
    if (reply.eventDelayMs) {
      await sleep(reply.eventDelayMs);
    }
  }
  response.end();
}

function frame(event: StreamEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

async function playFault(fault: ModelFault, playing: Playing): Promise<void> {
  const { response } = playing;
  switch (fault.fault) {
    case 'hang':
      return;
    case 'cut':
      await playReply(fault.reply, playing, fault.afterEvents);
      return;
    case 'malformed':
      response.writeHead(200, {
        ...commonHeaders(),
        'content-type': playing.call.isStream ? 'text/event-stream' : 'application/json',
      });
      response.end(
        playing.call.isStream ? 'event: message_start\ndata: {"type":"message_sta\n\n' : '{"type":"message","content":',
      );
      return;
    case 'unauthorized':
      sendError(response, { status: 401, type: 'authentication_error', message: 'invalid x-api-key' });
      return;
    case 'rate_limited':
      response.setHeader('retry-after', String(fault.retryAfterSeconds ?? 1));
      sendError(response, {
        status: 429,
        type: 'rate_limit_error',
        message: 'This request would exceed your rate limit.',
      });
      return;
    case 'overloaded':
      sendError(response, { status: 529, type: 'overloaded_error', message: 'Overloaded' });
      return;
    case 'server_error':
      sendError(response, { status: 500, type: 'api_error', message: 'Internal server error' });
      return;
    case 'no_such_model':
      sendError(response, { status: 404, type: 'not_found_error', message: `model: ${playing.call.model}` });
      return;
  }
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { ...commonHeaders(), 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function sendError(response: ServerResponse, error: { status: number; type: string; message: string }): void {
  const { status, type, message } = error;
  const headers = commonHeaders();
  response.writeHead(status, { ...headers, 'content-type': 'application/json' });
  response.end(JSON.stringify({ type: 'error', error: { type, message }, request_id: headers['request-id'] }));
}

function commonHeaders(): Record<string, string> {
  return { 'request-id': `req_${randomBytes(12).toString('hex')}` };
}
