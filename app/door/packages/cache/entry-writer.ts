import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { HEADER_BYTES, readBody } from './cache-entry.ts';
import type { EntryHeader } from './cache-entry.ts';

export interface EntryWriter {
  /** Bytes of the body so far. */
  readonly bytes: number;
  write(chunk: Uint8Array): Promise<void>;
  /** Writes the header and gives the file its name. */
  complete(about: Pick<EntryHeader, 'url' | 'headers'>, now: Date): Promise<void>;
  discard(): Promise<void>;
  read(range: { start: number; end: number }): AsyncGenerator<Uint8Array>;
  /** Ends reading; call it once nobody reads any more. */
  close(): Promise<void>;
}

export function createEntryWriter(
  handle: FileHandle,
  file: { complete: (size: number, now: Date) => Promise<void>; discard: () => Promise<void> },
): EntryWriter {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },

    async write(chunk) {
      hash.update(chunk);
      let written = 0;
      while (written < chunk.length) {
        const result = await handle.write(chunk, written, chunk.length - written, HEADER_BYTES + bytes + written);
        written += result.bytesWritten;
      }
      bytes += chunk.length;
    },

    async complete({ url, headers }, now) {
      const header: EntryHeader = { version: 1, url, headers, bytes, sha256: hash.digest('hex') };
      const json = Buffer.from(JSON.stringify(header));
      if (json.length > HEADER_BYTES) {
        throw new Error(`the headers of ${url} do not fit`);
      }
      await handle.write(Buffer.concat([json, Buffer.alloc(HEADER_BYTES - json.length, ' ')]), 0, HEADER_BYTES, 0);
      await file.complete(HEADER_BYTES + bytes, now);
    },

    discard: () => file.discard(),
    read: (range) => readBody(handle, range),
    close: () => handle.close(),
  };
}
