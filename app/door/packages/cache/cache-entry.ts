import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';

/** The file begins with this many bytes of JSON, padded; the body follows. */
export const HEADER_BYTES = 4_096;
const READ_BYTES = 256 * 1024;
/** An access time is renewed when it is older, so that a busy entry is not written to on every request. */
const USED_GRANULARITY_MS = 60_000;

export const EntryHeader = z.object({
  version: z.literal(1),
  /** For people who look into the directory. */
  url: z.string(),
  /** Headers of the registry that are passed on. */
  headers: z.record(z.string(), z.string()),
  bytes: z.number().int().min(0),
  sha256: z.string().length(64),
});
export type EntryHeader = z.infer<typeof EntryHeader>;

export interface CacheEntry {
  readonly header: EntryHeader;
  readonly confirmedAt: Date;
  /** Reads the whole body and compares it with the hash taken when it was downloaded. */
  verify(): Promise<boolean>;
  read(range: { start: number; end: number }): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a file of the cache; null when there is none, or one that is cut or has no readable header. */
export async function openEntry(file: string): Promise<CacheEntry | null> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return null;
    }
    throw error;
  }
  const found = await handle.stat();
  const header = await readHeader(handle);
  if (header === null || found.size !== HEADER_BYTES + header.bytes) {
    await handle.close();
    return null;
  }
  if (Date.now() - found.atimeMs > USED_GRANULARITY_MS) {
    await handle.utimes(new Date(), found.mtime);
  }
  return {
    header,
    confirmedAt: found.mtime,
    async verify() {
      const hash = createHash('sha256');
      for await (const chunk of readBody(handle, { start: 0, end: header.bytes })) {
        hash.update(chunk);
      }
      return hash.digest('hex') === header.sha256;
    },
    read: (range) => readBody(handle, range),
    close: () => handle.close(),
  };
}

/** Bytes of a body from `start` up to, not including, `end`. */
export async function* readBody(
  handle: FileHandle,
  { start, end }: { start: number; end: number },
): AsyncGenerator<Uint8Array> {
  let position = start;
  while (position < end) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - position));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, HEADER_BYTES + position);
    if (bytesRead === 0) {
      throw new Error(`a file of the package cache ended at ${position} of ${end} bytes`);
    }
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function readHeader(handle: FileHandle): Promise<EntryHeader | null> {
  const buffer = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await handle.read(buffer, 0, HEADER_BYTES, 0);
  if (bytesRead < HEADER_BYTES) {
    return null;
  }
  try {
    const parsed = EntryHeader.safeParse(JSON.parse(buffer.toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
