import type { IncomingMessage } from 'node:http';

const PRELUDE_BYTES = 4;
const LEAST_FRAME_BYTES = 16;
const MAX_FRAME_BYTES = 24 * 1024 * 1024;

/** What an exception in the stream means in the words of the Messages API. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  throttlingException: 'rate_limit_error',
  validationException: 'invalid_request_error',
  accessDeniedException: 'permission_error',
  serviceUnavailableException: 'overloaded_error',
  modelTimeoutException: 'timeout_error',
};

interface Frame {
  readonly headers: Readonly<Record<string, { readonly value: unknown }>>;
  readonly body: Uint8Array;
}

/**
 * Translates the frames of Amazon's event streams into server-sent events. Each frame has a length and checksums; one that
 * is damaged or cut ends the stream with an error, as a connection that broke would.
 */
export async function* readEventStream(answer: IncomingMessage): AsyncGenerator<Buffer> {
  const { EventStreamCodec } = await import('@smithy/core/event-streams');
  const codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
    (text) => Buffer.from(text, 'utf8'),
  );
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= PRELUDE_BYTES) {
      const length = rest.readUInt32BE(0);
      if (length < LEAST_FRAME_BYTES || length > MAX_FRAME_BYTES) {
        throw new Error('the event stream has a frame of an impossible length');
      }
      if (rest.length < length) {
        break;
      }
      const event = readFrame(codec.decode(rest.subarray(0, length)) as Frame);
      rest = rest.subarray(length);
      if (event !== null) {
        yield event;
      }
    }
  }
  if (rest.length > 0) {
    throw new Error('the event stream ended in the middle of a frame');
  }
}

/** One server-sent event; null for a frame that has none. */
function readFrame({ body, headers }: Frame): Buffer | null {
  const kind = headers[':message-type']?.value;
  const text = Buffer.from(body).toString('utf8');
  if (kind !== 'event') {
    const names = [headers[':exception-type']?.value, headers[':error-code']?.value];
    const name = names.find((value) => typeof value === 'string') ?? 'error';
    return writeEvent('error', {
      type: 'error',
      error: { type: EXCEPTIONS[name] ?? 'api_error', message: `${name}: ${messageOf(text)}` },
    });
  }
  if (headers[':event-type']?.value !== 'chunk') {
    return null;
  }
  const { bytes } = JSON.parse(text) as { bytes?: unknown };
  const event = JSON.parse(Buffer.from(String(bytes), 'base64').toString('utf8')) as { type?: unknown };
  return writeEvent(String(event.type), event);
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}

function writeEvent(type: string, data: unknown): Buffer {
  return Buffer.from(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}
