import { ServiceUnavailable } from '../../../task/service-unavailable.ts';
import type { Artifacts } from '../../artifacts.ts';
import { isBelow, partsOfKey, partsOfPrefix } from '../artifact-path.ts';
import { DEFAULT_MAX_LOG_BYTES } from '../cap-log.ts';
import { createKeyedMutex } from '../keyed-mutex.ts';
import { CHUNK_MARK, createS3Logs } from './s3-logs.ts';
import { createS3Objects, type S3Place } from './s3-objects.ts';
import { explainS3Problem } from './s3-problem.ts';

const REMOVE_AT_ONCE = 16;

/**
 * Artifacts in a bucket of any S3-compatible store: one object for each that was put, a row of chunks for each that was
 * appended to. A put is durable, under its name and whole, when it resolves. A store that does not answer after the
 * SDK's retries, or refuses, is an `ServiceUnavailable` with a sentence.
 */
export function createS3Artifacts(
  place: S3Place & { readonly maxLogBytes?: number; readonly chunkBytes?: number },
): Artifacts {
  const objects = createS3Objects(place);
  const logs = createS3Logs(objects, {
    maxBytes: place.maxLogBytes ?? DEFAULT_MAX_LOG_BYTES,
    ...(place.chunkBytes === undefined ? {} : { chunkBytes: place.chunkBytes }),
  });
  const inTurn = createKeyedMutex();

  async function reach<T>(request: Promise<T>): Promise<T> {
    try {
      return await request;
    } catch (error) {
      const problem = explainS3Problem(error, place);
      throw new ServiceUnavailable(`${problem.found} ${problem.remedy}`, { place: 'store', cause: error });
    }
  }

  /** Objects below a prefix, the chunks of logs one by one. */
  async function objectsBelow(parts: readonly string[]): Promise<string[]> {
    const found = await objects.list(parts.join('/'));
    return found.map(({ key }) => key).filter((key) => isBelow(artifactOf(key), parts));
  }

  return {
    async put(key, bytes) {
      partsOfKey(key);
      await inTurn(key, () => reach(objects.put(key, bytes)));
    },
    async append(key, bytes) {
      partsOfKey(key);
      const copy = Uint8Array.from(bytes);
      await inTurn(key, () => reach(logs.append(key, copy)));
    },
    async get(key) {
      partsOfKey(key);
      return reach(objects.get(key).then((bytes) => bytes ?? logs.read(key)));
    },
    async list(prefix) {
      const found = await reach(objectsBelow(partsOfPrefix(prefix)));
      return [...new Set(found.map(artifactOf))].sort();
    },
    async remove(prefix) {
      const found = await reach(objectsBelow(partsOfKey(prefix.replace(/\/$/, ''))));
      for (let at = 0; at < found.length; at += REMOVE_AT_ONCE) {
        // One by one: not every store that speaks S3 knows how to delete many at once.
        await reach(Promise.all(found.slice(at, at + REMOVE_AT_ONCE).map((key) => objects.remove(key))));
      }
    },
  };
}

function artifactOf(objectKey: string): string {
  return objectKey.split(CHUNK_MARK, 1)[0] ?? objectKey;
}
