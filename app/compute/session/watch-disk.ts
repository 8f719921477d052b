import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const LEAST_PAUSE_MS = 1_000;
/** Looking takes at most a tenth of the time. */
const PAUSES_PER_LOOK = 10;
/** A file system also runs out of files. */
const MAX_ENTRIES = 3_000_000;

/**
 * Watches how much a session has written to disk, where no file system with a quota stands behind it: what is written
 * between two looks may be more. Returns a function that ends the watch.
 */
export function watchDisk(session: { directory: string; maxBytes: number; exceed: () => void }): () => void {
  const ended = new AbortController();
  async function watch(): Promise<void> {
    while (!ended.signal.aborted) {
      const startedAt = performance.now();
      const [bytes, entries] = [
        await measureDirectory(session.directory, '--block-size=1'),
        await measureDirectory(session.directory, '--inodes'),
      ];
      if (ended.signal.aborted) {
        return;
      }
      if (bytes > session.maxBytes || entries > MAX_ENTRIES) {
        session.exceed();
        return;
      }
      const tookMs = performance.now() - startedAt;
      await pause(Math.max(LEAST_PAUSE_MS, tookMs * PAUSES_PER_LOOK), undefined, { signal: ended.signal, ref: false });
    }
  }
  watch().catch(() => {
    // The watch was ended while it waited
  });
  return () => ended.abort();
}

/** What `du` counts. Files that come and go while it looks are no failure. */
export async function measureDirectory(directory: string, unit: '--block-size=1' | '--inodes'): Promise<number> {
  const { stdout } = await promisify(execFile)('du', ['-s', '-x', unit, '--', directory], {
    env: { PATH: '/usr/bin:/bin' },
  }).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }));
  return Number(/^\d+/.exec(stdout)?.[0] ?? 0);
}
