import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly why: 'no_length' | 'too_large' | 'aborted' | 'slow' | 'crowded' };

export interface BodyLimits {
  readonly maxBytes: number;
  /** Most that all bodies under way may hold together. */
  readonly heldBytes: number;
  /** Longest for a whole body, and longest without a byte of it. */
  readonly totalMs: number;
  readonly idleMs: number;
}

interface Reading {
  size: number;
  readonly give: (body: Body) => void;
}

/**
 * Reads raw bodies of senders who are not known yet, so that all of them together hold a bounded number of bytes for a
 * bounded time. When there is no more space, the body that holds most gives way: a delivery of the usual few kilobytes
 * comes through however many large ones are held open. What was cut off was not acknowledged, so the sweep asks for it.
 */
export function createBodyReader(limits: BodyLimits): (request: IncomingMessage) => Promise<Body> {
  const readings = new Set<Reading>();
  let held = 0;

  function makeSpace(bytes: number): void {
    while (held + bytes > limits.heldBytes && readings.size > 0) {
      const largest = [...readings].reduce((most, one) => (one.size > most.size ? one : most));
      largest.give({ ok: false, why: 'crowded' });
    }
  }

  return function read(request) {
    const announced = request.headers['content-length'];
    if (announced === undefined) {
      return Promise.resolve({ ok: false, why: 'no_length' });
    }
    if (Number(announced) > limits.maxBytes) {
      return Promise.resolve({ ok: false, why: 'too_large' });
    }
    // Events instead of `for await`: an iterator for each body costs more than reading it does.
    return new Promise((resolve) => {
      let chunks: Buffer[] = [];
      const reading: Reading = { size: 0, give };
      const total = setTimeout(() => give({ ok: false, why: 'slow' }), limits.totalMs);
      const idle = setTimeout(() => give({ ok: false, why: 'slow' }), limits.idleMs);
      readings.add(reading);

      function give(body: Body): void {
        if (!readings.delete(reading)) {
          return;
        }
        clearTimeout(total);
        clearTimeout(idle);
        held -= reading.size;
        chunks = [];
        if (!body.ok) {
          request.pause();
        }
        resolve(body);
      }

      request.on('data', (chunk: Buffer) => {
        if (!readings.has(reading)) {
          return;
        }
        idle.refresh();
        makeSpace(chunk.length);
        if (readings.has(reading)) {
          reading.size += chunk.length;
          held += chunk.length;
          chunks.push(chunk);
        }
      });
      request.on('end', () => {
        give({ ok: true, bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, reading.size) });
      });
      // The caller disconnected before anything was acknowledged.
      request.on('error', () => give({ ok: false, why: 'aborted' }));
      request.on('close', () => give({ ok: false, why: 'aborted' }));
    });
  };
}
