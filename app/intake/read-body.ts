import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly why: 'too_large' | 'aborted' };

/** Reads a request's raw bytes, at most `maxBytes`; stops reading as soon as it is too much. */
export function readBody(request: IncomingMessage, options: { maxBytes: number }): Promise<Body> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > options.maxBytes) {
    return Promise.resolve({ ok: false, why: 'too_large' });
  }
  // Events instead of `for await`: an iterator for each body costs more than reading it does.
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > options.maxBytes) {
        request.pause();
        resolve({ ok: false, why: 'too_large' });
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => {
      resolve({ ok: true, bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size) });
    });
    // The caller hung up: there is nobody left to answer, and nothing was promised.
    request.on('error', () => resolve({ ok: false, why: 'aborted' }));
    request.on('close', () => resolve({ ok: false, why: 'aborted' }));
  });
}
