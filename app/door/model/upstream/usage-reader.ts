import type { RequestTokens } from '../../../budget/price-request.ts';

/** What an answer says about its cost. */
export interface UsageSeen {
  /** Null when not even the prompt was reported. */
  readonly tokens: RequestTokens | null;
  /** Whether the provider's last word on it was seen. */
  readonly complete: boolean;
  /** Bytes of output seen, for a guess when the last word is missing. */
  readonly outputBytes: number;
}

export interface UsageReader {
  push(chunk: Uint8Array): void;
  seen(): UsageSeen;
}

const MAX_LINE_BYTES = 4 * 1024 * 1024;
const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** Framing of one delta event around its text. */
const DELTA_FRAME_BYTES = 90;

/** Reads the usage out of a stream of server-sent events, beside the stream: it never changes or holds back a byte. */
export function createStreamUsageReader(): UsageReader {
  const decoder = new TextDecoder();
  let rest = '';
  let usage: Record<string, unknown> | null = null;
  let complete = false;
  let outputBytes = 0;

  function readLine(line: string): void {
    if (!line.startsWith('data:')) {
      return;
    }
    if (!line.includes('"message_start"') && !line.includes('"message_delta"')) {
      outputBytes += line.includes('"content_block_delta"') ? Math.max(0, line.length - DELTA_FRAME_BYTES) : 0;
      return;
    }
    const event = parseRecord(line.slice(5));
    const reported = event?.['type'] === 'message_start' ? asRecord(event['message'])?.['usage'] : event?.['usage'];
    if (event?.['type'] !== 'message_start' && event?.['type'] !== 'message_delta') {
      outputBytes += line.length;
      return;
    }
    usage = { ...usage, ...withoutNulls(asRecord(reported) ?? {}) };
    complete ||= event['type'] === 'message_delta' && asRecord(reported)?.['output_tokens'] !== undefined;
  }

  return {
    push(chunk): void {
      rest += decoder.decode(chunk, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_BYTES) {
        outputBytes += rest.length;
        rest = '';
      }
      for (const line of lines) {
        readLine(line);
      }
    },
    seen: () => ({ tokens: usage === null ? null : readTokens(usage), complete, outputBytes }),
  };
}

/** Reads the usage out of a whole JSON answer. */
export function createJsonUsageReader(): UsageReader {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  return {
    push(chunk): void {
      bytes += chunk.length;
      if (bytes <= MAX_JSON_BYTES) {
        chunks.push(chunk);
      }
    },
    seen(): UsageSeen {
      const usage = asRecord(parseRecord(Buffer.concat(chunks).toString('utf8'))?.['usage']);
      return { tokens: usage === null ? null : readTokens(usage), complete: usage !== null, outputBytes: bytes };
    },
  };
}

function readTokens(usage: Record<string, unknown>): RequestTokens {
  const split = asRecord(usage['cache_creation']);
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

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function parseRecord(text: string): Record<string, unknown> | null {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    // Not for us to mend: the worker gets the bytes as they are, and the cost falls back to its bound
    return null;
  }
}

function asRecord(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function withoutNulls(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}
