import type { Artifacts } from '../artifacts.ts';
import { isBelow, partsOfKey, partsOfPrefix } from './artifact-path.ts';
import { capLog, DEFAULT_MAX_LOG_BYTES } from './cap-log.ts';

/** Artifacts in memory: for the Action and the simulation. */
export function createMemoryArtifacts(options: { maxLogBytes?: number } = {}): Artifacts {
  const maxBytes = options.maxLogBytes ?? DEFAULT_MAX_LOG_BYTES;
  const kept = new Map<string, Uint8Array>();

  return {
    put: async (key, bytes) => {
      partsOfKey(key);
      kept.set(key, Uint8Array.from(bytes));
    },
    append: async (key, bytes) => {
      partsOfKey(key);
      const before = kept.get(key) ?? new Uint8Array();
      kept.set(key, Buffer.concat([before, capLog({ sizeBytes: before.length, maxBytes }, bytes)]));
    },
    get: async (key) => {
      partsOfKey(key);
      const bytes = kept.get(key);
      return bytes === undefined ? null : Uint8Array.from(bytes);
    },
    list: async (prefix) => {
      const parts = partsOfPrefix(prefix);
      return [...kept.keys()].filter((key) => isBelow(key, parts)).sort();
    },
    remove: async (prefix) => {
      const parts = partsOfKey(prefix.replace(/\/$/, ''));
      for (const key of kept.keys()) {
        if (isBelow(key, parts)) {
          kept.delete(key);
        }
      }
    },
  };
}
