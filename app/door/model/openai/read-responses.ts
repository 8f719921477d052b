import { takeStart } from '../../../../protocol/index.ts';
import type { RequestTokens } from '../../../budget/price-request.ts';
import type { AnswerFacts, AnswerReader, ProviderError } from '../dialect.ts';

const MAX_LINE_BYTES = 16 * 1024 * 1024;
const MAX_JSON_BYTES = 16 * 1024 * 1024;

type Fields = Readonly<Record<string, unknown>>;

/** Reads usage and errors out of an answer of the Responses API: server-sent events, or one JSON document. */
export function readResponses(contentType: string): AnswerReader {
  return contentType.startsWith('text/event-stream') ? createStreamReader() : createJsonReader();
}

/** The events that end a response; each carries the whole of it, with its usage. */
const ENDS = new Set(['response.completed', 'response.incomplete', 'response.failed']);

function createStreamReader(): AnswerReader {
  const decoder = new TextDecoder();
  let rest = '';
  let tokens: RequestTokens | null = null;
  let final = false;
  let begun = false;
  let outputBytes = 0;
  let error: ProviderError | null = null;

  function noteOutput(bytes: number): void {
    begun = true;
    // Whatever was reported before does not count what is generated now
    final = false;
    outputBytes += bytes;
  }

  function readEvent(event: Fields): void {
    const type = typeof event['type'] === 'string' ? event['type'] : '';
    if (ENDS.has(type)) {
      const response = asFields(event['response']);
      tokens = readTokens(response?.['usage']) ?? tokens;
      final = tokens !== null;
      error = readError(response?.['error']) ?? error;
      return;
    }
    if (type === 'error') {
      error = readError(event['error'] ?? event) ?? error;
    } else if (type.endsWith('.delta')) {
      noteOutput(bytesOf(event['delta']));
    } else if (type === 'response.output_item.added' || type === 'response.output_item.done') {
      noteOutput(0);
    }
  }

  function readLine(line: string): void {
    if (!line.startsWith('data:')) {
      return;
    }
    const data = line.slice(5).trim();
    const event = parseFields(data);
    if (event !== null) {
      readEvent(event);
    } else if (data.startsWith('{')) {
      noteOutput(Buffer.byteLength(data));
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
      const last = rest;
      rest = '';
      readLine(last);
      return { tokens, final, begun, outputBytes, error };
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
      const tokens = readTokens(answer?.['usage']);
      const error = readError(answer?.['error']);
      const isError = error !== null && answer?.['output'] === undefined;
      return { tokens, final: tokens !== null, begun: !isError, outputBytes: isError ? 0 : bytes, error };
    },
  };
}

const AUTH_CODES = new Set([
  'invalid_api_key',
  'insufficient_quota',
  'billing_hard_limit_reached',
  'account_deactivated',
]);
const REQUEST_CODES = new Set([
  'invalid_request_error',
  'invalid_prompt',
  'context_length_exceeded',
  'model_not_found',
]);

function readError(value: unknown): ProviderError | null {
  const fields = asFields(value);
  if (fields === null) {
    return null;
  }
  const names = [fields['code'], fields['type']].filter((name) => typeof name === 'string');
  const known = names.find((name) => AUTH_CODES.has(name) || REQUEST_CODES.has(name));
  const kind = known !== undefined && REQUEST_CODES.has(known) ? 'request' : 'unavailable';
  const name = takeStart(known ?? names[0] ?? 'error', 60);
  const { message } = fields;
  return {
    kind: known !== undefined && AUTH_CODES.has(known) ? 'auth' : kind,
    message: typeof message === 'string' ? `${name}: ${takeStart(message, 300)}` : name,
  };
}

/** `input_tokens` counts the cached ones too; reasoning is part of `output_tokens`. Nothing is charged for writing the cache. */
function readTokens(value: unknown): RequestTokens | null {
  const usage = asFields(value);
  const [input, output] = [usage?.['input_tokens'], usage?.['output_tokens']];
  if (!isCount(input) || !isCount(output)) {
    return null;
  }
  const reported = asFields(usage?.['input_tokens_details'])?.['cached_tokens'];
  const cached = isCount(reported) ? Math.min(reported, input) : 0;
  return {
    inputTokens: input - cached,
    outputTokens: output,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    cacheReadTokens: cached,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function bytesOf(delta: unknown): number {
  return Buffer.byteLength(typeof delta === 'string' ? delta : (JSON.stringify(delta) ?? ''));
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
