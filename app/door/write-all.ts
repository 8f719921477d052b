import type { ServerResponse } from 'node:http';

/**
 * Writes chunks as they come and no faster than the reader takes them. Resolves with false when the reader hung up; it
 * then stops asking for chunks.
 */
export async function writeAll(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  response: ServerResponse,
): Promise<boolean> {
  for await (const chunk of chunks) {
    if (!(await writeChunk(chunk, response))) {
      return false;
    }
  }
  return !isGone(response);
}

/** Writes one chunk and waits until the buffer takes the next; false once the reader disconnected. */
async function writeChunk(chunk: Uint8Array, response: ServerResponse): Promise<boolean> {
  if (isGone(response)) {
    return false;
  }
  if (!response.write(chunk)) {
    await new Promise<void>((resolve) => {
      function done(): void {
        response.off('drain', done);
        response.off('close', done);
        resolve();
      }
      response.once('drain', done);
      response.once('close', done);
    });
  }
  return !isGone(response);
}

/** Whether the client no longer reads this response. */
export function isGone(response: ServerResponse): boolean {
  return response.destroyed || (response.closed && !response.writableFinished);
}
