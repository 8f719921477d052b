import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SeedResult } from './run-seed.ts';
import type { SeedOrder } from './seed-thread.ts';

/** Seeds run twice, to see that both runs are the same to the letter. */
const TWICE_EVERY = 50;

/** Runs seeds in as many threads as there are cores; `onResult` hears of each and says whether to continue. */
export async function runSeeds(
  wanted: { from: number; count: number; hours: number; bug: string | null },
  onResult: (result: SeedResult) => 'on' | 'enough',
): Promise<void> {
  let next = wanted.from;
  const end = wanted.from + wanted.count;
  let isEnough = false;

  async function work(): Promise<void> {
    const thread = new Worker(new URL('seed-thread.ts', import.meta.url));
    try {
      while (next < end && !isEnough) {
        const seed = next;
        next += 1;
        const times = wanted.bug === null && seed % TWICE_EVERY === 0 ? 2 : 1;
        const order: SeedOrder = { seed, hours: wanted.hours, bug: wanted.bug, times };
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
        thread.postMessage(order);
        const [result] = (await once(thread, 'message')) as [SeedResult];
        isEnough ||= onResult(result) === 'enough';
      }
    } finally {
      await thread.terminate();
    }
  }

  await Promise.all(Array.from({ length: Math.min(availableParallelism(), wanted.count) }, work));
}
