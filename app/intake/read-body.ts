import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly why: 'too_large' | 'aborted' };

/** Reads a request's raw bytes, at most `maxBytes`; stops reading as soon as it is too much. */
export async function readBody(request: IncomingMessage, options: { maxBytes: number }): Promise<Body> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > options.maxBytes) {
    return { ok: false, why: 'too_large' };
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > options.maxBytes) {
        return { ok: false, why: 'too_large' };
      }
      chunks.push(chunk);
    }
  } catch {
    // The caller hung up: there is nobody left to answer, and nothing was promised.
    return { ok: false, why: 'aborted' };
  }
  return { ok: true, bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size) };
}
