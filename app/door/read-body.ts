import type { IncomingMessage } from 'node:http';
import { takeStart } from '../../protocol/index.ts';
import { createJsonMeter } from './json-meter.ts';
import { refuse } from './refusal.ts';
import type { Checked } from './refusal.ts';

/**
 * Reads a JSON body of at most `maxBytes`. Encoded bodies are refused, so that nothing inflates, and the structure is
 * counted as it arrives: parsing a few megabytes of brackets would take seconds and a hundred times their memory.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Checked<unknown>> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    return refuse('BAD_REQUEST', `Send the body without content-encoding; found ${takeStart(encoding, 40)}.`);
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    return tooLarge(maxBytes);
  }
  const chunks: Buffer[] = [];
  const meter = createJsonMeter();
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        return tooLarge(maxBytes);
      }
      const structure = meter.push(chunk);
      if (structure !== 'fits') {
        return structure === 'too_deep'
          ? refuse('BAD_REQUEST', 'The body is nested too deeply.')
          : refuse('TOO_LARGE', 'The body has too many values. Shorten the conversation.');
      }
      chunks.push(chunk);
    }
  } catch {
    // The client disconnected, so nothing reads this answer.
    return refuse('BAD_REQUEST', 'The body ended early.');
  }
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return refuse('BAD_REQUEST', 'The body is not valid JSON.');
  }
}

/** Reads a body of any bytes, at most `maxBytes`; `what` it is stands in the refusal. */
export async function readBytes(
  request: IncomingMessage,
  { maxBytes, what }: { maxBytes: number; what: string },
): Promise<Checked<Buffer>> {
  const refused = refuse('TOO_LARGE', `${what} may have at most ${maxBytes} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    return refused;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        return refused;
      }
      chunks.push(chunk);
    }
  } catch {
    return refuse('BAD_REQUEST', 'The body ended early.');
  }
  return { ok: true, value: Buffer.concat(chunks) };
}

function tooLarge(maxBytes: number): ReturnType<typeof refuse> {
  return refuse('TOO_LARGE', `The body may have at most ${maxBytes} bytes.`);
}
