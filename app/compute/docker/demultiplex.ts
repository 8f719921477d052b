import { once } from 'node:events';
import type { Writable } from 'node:stream';

const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Splits the one stream of an attached container into output and errors, as fast as they are taken. Each frame has a
 * header: which of the two it belongs to, and its length. Resolves when the stream has ended, also when it broke off: that the
 * container ended is told by the engine.
 */
export async function demultiplex(
  stream: AsyncIterable<Buffer | string>,
  { out, err }: { out: Writable; err: Writable },
): Promise<void> {
  let header = Buffer.alloc(0);
  let target = out;
  let left = 0;
  try {
    for await (const chunk of stream) {
      let bytes = Buffer.from(chunk);
      while (bytes.length > 0) {
        if (left > 0) {
          const part = bytes.subarray(0, left);
          left -= part.length;
          bytes = bytes.subarray(part.length);
          await write(target, part);
          continue;
        }
        const missing = HEADER_BYTES - header.length;
        header = Buffer.concat([header, bytes.subarray(0, missing)]);
        bytes = bytes.subarray(missing);
        if (header.length === HEADER_BYTES) {
          target = header[0] === STDERR ? err : out;
          left = header.readUInt32BE(4);
          header = Buffer.alloc(0);
        }
      }
    }
  } catch {
    // Broken off
  } finally {
    out.end();
    err.end();
  }
}

async function write(target: Writable, bytes: Buffer): Promise<void> {
  if (!target.destroyed && !target.write(bytes)) {
    await Promise.race([once(target, 'drain'), once(target, 'close')]);
  }
}
