import type { BlockState, WriteLockNotice } from '../../task/ports/write-locks.ts';
import type { GitHubProblem } from '../github.ts';
import type { Quota } from '../request/connection.ts';
import { STRIKE } from './paces.ts';
import { createWriteQueue, type WriteQueue, type WriteQueueOptions } from './write-queue.ts';

/**
 * What one installation may still send. GitHub allows about 80 content-creating requests a minute and 500 an hour, asks
 * for one at a time, and may ban a client that continues when it is told to stop. So writes wait in one queue, and after
 * a refusal nothing is sent before the time that GitHub named.
 */
export interface Limits {
  /** Until when nothing at all may be sent, reads included; null when free. Asks the store only when it does not know. */
  fetchBlockedUntil(): Promise<Date | null>;
  /** Learns from every answer. */
  observe(seen: { quota: Quota; problem: GitHubProblem | null }): Promise<void>;
  /**
   * Runs a write once it is first and has the lock; resolves with `limited` at once when that would take longer than its
   * patience. `holds` says whether the lock is still ours: to be asked right before anything is sent.
   */
  write: WriteQueue['write'];
  /** What other processes report about locks and blocks; null when something may have been missed. */
  notice(notice: WriteLockNotice | null): void;
}

export function createLimits(options: WriteQueueOptions): Limits {
  const { clock, installationId, writeLocks } = options;
  const queue = createWriteQueue(options);
  let block: BlockState | null = null;

  return {
    async fetchBlockedUntil() {
      block ??= await writeLocks.readBlock({ installationId, now: clock.now() });
      const { blockedUntil } = block;
      return blockedUntil !== null && blockedUntil > clock.now() ? blockedUntil : null;
    },

    async observe({ quota, problem }) {
      const now = clock.now();
      const blockedUntil = block?.blockedUntil ?? null;
      if (problem?.kind === 'limited') {
        block = await writeLocks.block({ installationId, now, until: problem.retryAt, strike: STRIKE });
      } else if (quota.remaining === 0 && quota.resetAt && (blockedUntil === null || blockedUntil < quota.resetAt)) {
        block = await writeLocks.block({ installationId, now, until: quota.resetAt, strike: null });
      } else if (!problem && block !== null && block.strikes > 0 && (blockedUntil === null || blockedUntil <= now)) {
        block = { ...block, strikes: 0 };
        await writeLocks.calm({ installationId, now });
      }
    },

    write: queue.write,

    notice(notice) {
      // Either one may have been missed, or it names a block, which is read again when it is needed.
      if (notice?.kind !== 'free') {
        block = null;
      }
      queue.wake();
    },
  };
}
