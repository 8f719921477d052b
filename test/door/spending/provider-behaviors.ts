import type { ServerResponse } from 'node:http';

/** What one request to the provider comes to. */
export interface BehaviorContext {
  readonly response: ServerResponse;
  readonly streamAsked: boolean;
  /** Tokens this request really has and generates, at most what it allows. */
  readonly input: number;
  readonly output: number;
  readonly maxOutput: number;
}

/** Tokens that the provider worked for, whatever it said about them. */
export interface Generated {
  readonly input: number;
  readonly output: number;
}

type ProviderBehavior = (context: BehaviorContext) => Generated;

const NOTHING: Generated = { input: 0, output: 0 };
const BYTES_PER_TOKEN = 3;

/**
 * Everything a provider does to a request, honest or not. Each plays its part on the real socket and answers what was
 * generated; where the end is hidden from the door, that is all the request allowed.
 */
export const PROVIDER_BEHAVIORS = {
  'a whole JSON answer': (at) => json(at, message(usage(at))),
  'a JSON answer without usage': (at) => allOf(at, () => json(at, message(undefined))),
  'a JSON answer with an empty usage': (at) => allOf(at, () => json(at, message({}))),
  'a JSON answer with usage in strings': (at) =>
    allOf(at, () => json(at, message({ input_tokens: '5', output_tokens: '5' }))),
  'a JSON answer with negative usage': (at) =>
    allOf(at, () => json(at, message({ input_tokens: -1, output_tokens: -1 }))),
  'a JSON answer with input usage alone': (at) => allOf(at, () => json(at, message({ input_tokens: at.input }))),
  'a JSON answer that is not JSON': (at) => allOf(at, () => json(at, '<html>')),
  'a JSON answer shorter than its content-length': (at) =>
    allOf(at, () => {
      const body = JSON.stringify(message(usage(at))).slice(0, -20);
      at.response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length + 500 });
      at.response.write(body, () => at.response.destroy());
    }),
  'a JSON answer longer than its content-length': (at) =>
    allOf(at, () => {
      const body = JSON.stringify(message(usage(at)));
      at.response.socket?.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\r\n${body}`,
      );
      at.response.socket?.end();
    }),
  'a JSON answer cut by a reset': (at) =>
    allOf(at, () => {
      at.response.writeHead(200, { 'content-type': 'application/json', 'content-length': 900 });
      at.response.write('{"type":"message","content":[', () => at.response.socket?.resetAndDestroy());
    }),
  'an error inside a 200': (at) => none(() => json(at, errorBody('overloaded_error'))),
  'an error status': (at) => none(() => json(at, errorBody('invalid_request_error'), 400)),
  'a busy status': (at) => none(() => json(at, errorBody('overloaded_error'), 529)),
  'a refused key': (at) => none(() => json(at, errorBody('authentication_error'), 401)),
  'no answer at all': (at) => allOf(at, () => undefined),
  'a connection closed without an answer': (at) => {
    at.response.socket?.destroy();
    return at.streamAsked ? promptOf(at) : mostOf(at);
  },
  'a connection half closed without an answer': (at) => {
    at.response.socket?.end();
    return at.streamAsked ? promptOf(at) : mostOf(at);
  },
  'a whole stream': (at) => stream(at, [start(at), text('hello'), delta(at.output), STOP], 'end'),
  'a long stream': (at) =>
    stream(
      at,
      [start(at), ...Array.from({ length: 60 }, () => text('word '.repeat(800))), delta(at.output), STOP],
      'end',
    ),
  'a stream without message_stop': (at) => stream(at, [start(at), text('hello'), delta(at.output)], 'end'),
  'a stream cut after its final usage': (at) => stream(at, [start(at), text('hello'), delta(at.output)], 'reset'),
  'a stream that ends without usage': (at) => allOf(at, () => stream(at, [start(at), text('hello')], 'end')),
  'a stream that reports little, goes on and is cut': (at) =>
    allOf(at, () => stream(at, [start(at), text('a'), delta(1), text('b'.repeat(50))], 'destroy')),
  'a stream that reports little before its end': (at) =>
    allOf(at, () =>
      stream(at, [start(at), event('message_delta', { delta: {}, usage: { output_tokens: 1 } })], 'half a line'),
    ),
  'a stream cut after content': (at) => allOf(at, () => stream(at, [start(at), text('hello')], 'destroy')),
  'a stream reset after content': (at) => allOf(at, () => stream(at, [start(at), text('hello')], 'reset')),
  'a stream half closed after content': (at) => allOf(at, () => stream(at, [start(at), text('hello')], 'half close')),
  'a stream cut while it thinks unseen': (at) =>
    allOf(at, () =>
      stream(at, [start(at), event('content_block_start', { index: 0, content_block: { type: 'thinking' } })], 'reset'),
    ),
  'a stream that falls silent': (at) => allOf(at, () => stream(at, [start(at), text('hello')], 'silence')),
  'a stream without a prompt that is cut': (at) => allOf(at, () => stream(at, [text('hello')], 'destroy')),
  'a stream cut before its first event': (at) => {
    stream(at, [], 'destroy');
    return promptOf(at);
  },
  'a stream cut after the prompt was reported': (at) => {
    stream(at, [start(at)], 'reset');
    return promptOf(at);
  },
  'a stream that begins with an error': (at) => none(() => stream(at, [ERROR], 'end')),
  'a stream with an error after the prompt': (at) => {
    stream(at, [start(at), ERROR], 'end');
    return promptOf(at);
  },
  'a stream with an error after content': (at) => {
    const words = 'words that came '.repeat(10);
    stream(at, [start(at), text(words), ERROR], 'end');
    return { input: at.input, output: Math.min(at.maxOutput, Math.ceil(words.length / BYTES_PER_TOKEN)) };
  },
} as const satisfies Record<string, ProviderBehavior>;

export type BehaviorName = keyof typeof PROVIDER_BEHAVIORS;
export const BEHAVIOR_NAMES = Object.keys(PROVIDER_BEHAVIORS) as BehaviorName[];

function promptOf({ input }: BehaviorContext): Generated {
  return { input, output: 0 };
}

function mostOf({ input, maxOutput }: BehaviorContext): Generated {
  return { input, output: maxOutput };
}

function allOf(at: BehaviorContext, play: () => unknown): Generated {
  play();
  return mostOf(at);
}

function none(play: () => unknown): Generated {
  play();
  return NOTHING;
}

function usage({ input, output }: BehaviorContext): object {
  return { input_tokens: input, output_tokens: output };
}

function message(reported: object | undefined): object {
  return { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'hello' }], usage: reported };
}

function errorBody(type: string): object {
  return { type: 'error', error: { type, message: 'scripted' } };
}

function json(at: BehaviorContext, body: object | string, status = 200): Generated {
  at.response.writeHead(status, { 'content-type': 'application/json' });
  at.response.end(typeof body === 'string' ? body : JSON.stringify(body));
  return { input: at.input, output: at.output };
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}

function start(at: BehaviorContext): string {
  return event('message_start', { message: { usage: { input_tokens: at.input, output_tokens: 1 } } });
}

function text(words: string): string {
  return event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: words } });
}

function delta(output: number): string {
  return event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: output } });
}

const STOP = event('message_stop', {});
const ERROR = event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } });

function stream(
  at: BehaviorContext,
  events: readonly string[],
  ending: 'end' | 'destroy' | 'reset' | 'half close' | 'half a line' | 'silence',
): Generated {
  const { response } = at;
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.flushHeaders();
  const finish = {
    end: () => response.end(),
    destroy: () => response.destroy(),
    reset: () => response.socket?.resetAndDestroy(),
    'half close': () => response.socket?.end(),
    'half a line': () => response.end('data: {"type":"content_block_delta","delta":{"te'),
    silence: () => undefined,
  }[ending];
  if (ending === 'half a line') {
    response.write(events.join(''));
    finish();
  } else {
    // The end follows once the bytes are handed to the kernel; a reset may still overtake them
    response.write(events.join('') || ': begin\n\n', () => setImmediate(finish));
  }
  return { input: at.input, output: at.output };
}
