import { takeStart } from '../../../../protocol/index.ts';
import type { RequestTokens } from '../../../budget/price-request.ts';
import type { AnswerFacts, AnswerReader, ProviderError } from '../dialect.ts';

const MAX_LINE_BYTES = 4 * 1024 * 1024;
const MAX_JSON_BYTES = 16 * 1024 * 1024;

type Fields = Readonly<Record<string, unknown>>;

/** Reads usage and errors out of an answer: server-sent events, or one JSON document. */
export function readAnswer(contentType: string): AnswerReader {
  return contentType.startsWith('text/event-stream') ? createStreamReader() : createJsonReader();
}

/**
 * The usage of a stream is final when a `message_delta` reported the output, the message was said to have stopped, and no
 * content came afterwards. A lone number early in the stream says nothing about what is still to be generated.
 */
function createStreamReader(): AnswerReader {
  const decoder = new TextDecoder();
  let rest = '';
  let usage: Fields = {};
  let outputReported = false;
  let stopped = false;
  let begun = false;
  let outputBytes = 0;
  let error: ProviderError | null = null;

  function noteOutput(bytes: number): void {
    begun = true;
    outputReported = false;
    stopped = false;
    outputBytes += bytes;
  }

  function readEvent(event: Fields): void {
    switch (event['type']) {
      case 'message_start':
        usage = { ...usage, ...withoutNulls(asFields(asFields(event['message'])?.['usage'])) };
        break;
      case 'content_block_start': {
        // An empty text block announces output; a thinking block may be generated without being shown
        const bytes = bytesOfStrings(event['content_block']);
        if (bytes > 0 || asFields(event['content_block'])?.['type'] !== 'text') {
          noteOutput(bytes);
        }
        break;
      }
      case 'content_block_delta':
        noteOutput(bytesOfStrings(event['delta']));
        break;
      case 'message_delta': {
        const reported = withoutNulls(asFields(event['usage']));
        usage = { ...usage, ...reported };
        outputReported ||= isCount(reported['output_tokens']);
        stopped ||= typeof asFields(event['delta'])?.['stop_reason'] === 'string';
        break;
      }
      case 'message_stop':
        stopped = true;
        break;
      case 'error':
        error = readError(event) ?? error;
        break;
      default:
        break;
    }
  }

  function readLine(line: string): void {
    if (line.startsWith('data:')) {
      const data = line.slice(5).trim();
      const event = parseFields(data);
      if (event !== null) {
        readEvent(event);
      } else if (data.startsWith('{')) {
        noteOutput(Buffer.byteLength(data));
      }
    }
  }

  return {
    streamed: true,
    push(chunk): void {
      rest += decoder.decode(chunk, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_BYTES) {
        noteOutput(rest.length);
        rest = '';
      }
      lines.forEach(readLine);
    },
    facts(): AnswerFacts {
      // The last line may lack its line feed; half a line is output that was cut
      const last = rest;
      rest = '';
      readLine(last);
      const tokens = readTokens(usage);
      return { tokens, final: tokens !== null && outputReported && stopped, begun, outputBytes, error };
    },
  };
}

function createJsonReader(): AnswerReader {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  return {
    streamed: false,
    push(chunk): void {
      bytes += chunk.length;
      if (bytes <= MAX_JSON_BYTES) {
        chunks.push(chunk);
      }
    },
    facts(): AnswerFacts {
      const answer = bytes > MAX_JSON_BYTES ? null : parseFields(Buffer.concat(chunks).toString('utf8'));
      const usage = asFields(answer?.['usage']) ?? {};
      const tokens = readTokens(usage);
      const isError =
        answer?.['type'] === 'error' || (asFields(answer?.['error']) !== null && answer?.['content'] === undefined);
      return {
        tokens,
        final: tokens !== null && isCount(usage['output_tokens']),
        // A whole answer is generated before it is sent
        begun: !isError,
        outputBytes: isError ? 0 : bytes,
        error: isError ? readError(answer ?? {}) : null,
      };
    },
  };
}

const AUTH_ERRORS = new Set(['authentication_error', 'permission_error', 'billing_error']);
const REQUEST_ERRORS = new Set(['invalid_request_error', 'not_found_error', 'request_too_large']);

function readError(event: Fields): ProviderError {
  const { type, message } = asFields(event['error']) ?? {};
  const name = typeof type === 'string' ? takeStart(type, 60) : 'error';
  const kind = REQUEST_ERRORS.has(name) ? 'request' : 'unavailable';
  return {
    kind: AUTH_ERRORS.has(name) ? 'auth' : kind,
    message: typeof message === 'string' ? `${name}: ${takeStart(message, 300)}` : name,
  };
}

/** Null without a number for the prompt: whatever else is reported then leaves the larger part of the cost open. */
function readTokens(usage: Fields): RequestTokens | null {
  if (!isCount(usage['input_tokens'])) {
    return null;
  }
  const split = asFields(usage['cache_creation']);
  const cacheWriteTokens = count(usage['cache_creation_input_tokens']);
  const oneHour = count(split?.['ephemeral_1h_input_tokens']);
  return {
    inputTokens: count(usage['input_tokens']),
    outputTokens: count(usage['output_tokens']),
    // The parts are priced apart; should they not add up, the whole counts
    cacheWrite5mTokens: Math.max(count(split?.['ephemeral_5m_input_tokens']), cacheWriteTokens - oneHour),
    cacheWrite1hTokens: oneHour,
    cacheReadTokens: count(usage['cache_read_input_tokens']),
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function count(value: unknown): number {
  return isCount(value) ? value : 0;
}

/** Bytes of the texts of a block or delta, its type aside. */
function bytesOfStrings(block: unknown): number {
  return Object.entries(asFields(block) ?? {})
    .filter(([name]) => name !== 'type')
    .reduce((bytes, [, value]) => bytes + (typeof value === 'string' ? Buffer.byteLength(value) : 0), 0);
}

function parseFields(text: string): Fields | null {
  try {
    return asFields(JSON.parse(text));
  } catch {
    // The worker gets the bytes as they are, and the cost falls back to its bound
    return null;
  }
}

function asFields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function withoutNulls(fields: Fields | null): Fields {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== null));
}
