import { randomBytes } from 'node:crypto';
import { capLog } from '../cap-log.ts';
import type { S3Objects } from './s3-objects.ts';

/** May not be part of a key, so that the chunks of a log are in no other artifact's way. */
export const CHUNK_MARK = '~';

/** A chunk is written again with each append until it holds this much; after that the next one begins. */
const CHUNK_BYTES = 256 * 1024;
/** Logs whose last chunk is in memory, to be written again; for others the next append begins a new chunk. */
const MAX_OPEN = 64;
const READ_AT_ONCE = 8;

export interface S3Logs {
  append(key: string, bytes: Uint8Array): Promise<void>;
  /** The whole log, or null when nothing was ever appended. */
  read(key: string): Promise<Uint8Array | null>;
}

/** What this process knows of a log it writes. */
interface OpenLog {
  /** All that is in front of the chunk, as far as this process knows. */
  readonly sizeBefore: number;
  readonly chunkKey: string;
  readonly chunk: Buffer;
}

/**
 * Objects cannot be appended to, so a log is a row of chunk objects, `<key>~<time>-<writer>`, joined when read. Each
 * append writes the last chunk of this process again, longer: one request, whole or not at all, and a log of 10 MiB is
 * some forty objects. Two writers have chunks of their own and never overwrite each other; their lines come out chunk by
 * chunk. The cap holds exactly for what is read; two writers together may store a little more.
 */
export function createS3Logs(
  objects: S3Objects,
  options: { maxBytes: number; chunkBytes?: number; now?: () => number },
): S3Logs {
  const { maxBytes, chunkBytes = CHUNK_BYTES, now = Date.now } = options;
  const writer = randomBytes(6).toString('hex');
  const open = new Map<string, OpenLog>();
  let lastTime = 0;

  function newChunkKey(key: string): string {
    lastTime = Math.max(now(), lastTime + 1);
    return `${key}${CHUNK_MARK}${String(lastTime).padStart(15, '0')}-${writer}`;
  }

  async function openLog(key: string): Promise<OpenLog> {
    const known = open.get(key);
    if (known !== undefined && known.chunk.length < chunkBytes) {
      return known;
    }
    // Asked again with every chunk, so that what other writers add counts too.
    const chunks = await objects.list(key + CHUNK_MARK);
    const sizeBefore = chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { sizeBefore, chunkKey: newChunkKey(key), chunk: Buffer.alloc(0) };
  }

  return {
    async append(key, bytes) {
      const log = await openLog(key);
      // One byte beyond the cap is enough to know, when it is read, that there was more.
      const room = maxBytes + 1 - log.sizeBefore - log.chunk.length;
      const added = bytes.subarray(0, Math.max(0, room));
      if (added.length > 0) {
        const chunk = Buffer.concat([log.chunk, added]);
        await objects.put(log.chunkKey, chunk);
        remember(key, { ...log, chunk });
      } else {
        remember(key, log);
      }
    },
    async read(key) {
      const chunks = await objects.list(key + CHUNK_MARK);
      if (chunks.length === 0) {
        return null;
      }
      const parts: Uint8Array[] = [];
      for (let at = 0; at < chunks.length; at += READ_AT_ONCE) {
        const some = chunks.slice(at, at + READ_AT_ONCE);
        const read = await Promise.all(some.map((chunk) => objects.get(chunk.key)));
        parts.push(...read.map((bytes) => bytes ?? new Uint8Array()));
      }
      return Buffer.from(capLog({ sizeBytes: 0, maxBytes }, Buffer.concat(parts)));
    },
  };

  function remember(key: string, log: OpenLog): void {
    open.delete(key);
    open.set(key, log);
    const [oldest] = open.keys();
    if (open.size > MAX_OPEN && oldest !== undefined) {
      open.delete(oldest);
    }
  }
}
