import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../task/clock.ts';
import type { WriteLocks } from '../../task/ports/write-locks.ts';
import type { GitHubProblem, GitHubResult, WritePriority } from '../github.ts';
import { HELD_LOOK_MS, HOUR, LEASE_MS, MINUTE, PATIENCE_MS, RANK } from './paces.ts';

export interface WriteQueueOptions {
  readonly installationId: number;
  /** Names this process among those that share the write lock. */
  readonly holder: string;
  readonly writeLocks: WriteLocks;
  readonly clock: Clock;
  /** Replaced in tests; rejects when aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The writes of one installation: one at a time, the more important first, under a lock that all processes share. */
export interface WriteQueue {
  write<T>(priority: WritePriority, run: (holds: () => boolean) => Promise<GitHubResult<T>>): Promise<GitHubResult<T>>;
  /** The lock may be free, or GitHub may have said to stop: asks again now. */
  wake(): void;
}

interface QueuedWrite {
  readonly priority: WritePriority;
  readonly sinceMs: number;
  readonly run: (holds: () => boolean) => Promise<void>;
  readonly refuse: (retryAt: Date) => void;
}

export function createWriteQueue(options: WriteQueueOptions): WriteQueue {
  const { clock, holder, installationId, writeLocks } = options;
  const sleep = options.sleep ?? sleepFor;
  let queue: QueuedWrite[] = [];
  let isDraining = false;
  let sleeping: AbortController | null = null;

  function nowMs(): number {
    return clock.now().getTime();
  }

  function findFirst(): QueuedWrite | undefined {
    return queue.toSorted((one, other) => RANK[one.priority] - RANK[other.priority])[0];
  }

  function remove(entry: QueuedWrite): QueuedWrite {
    queue = queue.filter((other) => other !== entry);
    return entry;
  }

  async function pause(ms: number): Promise<void> {
    sleeping = new AbortController();
    await sleep(ms, sleeping.signal).catch(() => undefined);
    sleeping = null;
  }

  /** Runs one write, and extends the lock for as long as it takes. */
  async function runLocked(entry: QueuedWrite, lock: { number: number; takenMs: number }): Promise<void> {
    let lockedUntilMs = lock.takenMs + LEASE_MS;
    const extending = setInterval(() => {
      const askedMs = nowMs();
      const now = new Date(askedMs);
      writeLocks.extend({ installationId, holder, number: lock.number, now, leaseMs: LEASE_MS }).then(
        (isOurs) => {
          lockedUntilMs = isOurs ? askedMs + LEASE_MS : 0;
        },
        () => undefined,
      );
    }, LEASE_MS / 3);
    extending.unref();
    await entry.run(() => nowMs() < lockedUntilMs);
    clearInterval(extending);
  }

  async function drain(): Promise<void> {
    let number: number | null = null;
    for (let next = findFirst(); next !== undefined; next = findFirst()) {
      const takenMs = nowMs();
      const { priority } = next;
      const lock = await writeLocks.take({
        installationId,
        holder,
        rank: RANK[priority],
        minute: MINUTE[priority],
        hour: HOUR[priority],
        now: new Date(takenMs),
        leaseMs: LEASE_MS,
      });
      if (lock.granted) {
        ({ number } = lock);
        // Something more important may have arrived meanwhile.
        const first = remove(findFirst() ?? next);
        if (nowMs() - first.sinceMs > PATIENCE_MS[first.priority]) {
          // The process was suspended: what was asked for so long ago may not be wanted any more.
          first.refuse(new Date(nowMs() + HELD_LOOK_MS));
        } else {
          await runLocked(first, { number, takenMs });
        }
        continue;
      }
      number = null;
      const waitMs = lock.retryAt.getTime() - nowMs();
      const waitedMs = nowMs() - next.sinceMs;
      if (lock.why === 'limited' ? waitMs > PATIENCE_MS[priority] : waitedMs > PATIENCE_MS[priority]) {
        remove(next).refuse(lock.why === 'limited' ? lock.retryAt : new Date(nowMs() + HELD_LOOK_MS));
      } else {
        await pause(lock.why === 'limited' ? waitMs : Math.min(waitMs, HELD_LOOK_MS));
      }
    }
    if (number !== null) {
      await writeLocks.release({ installationId, holder, number, now: clock.now() });
    }
  }

  async function drainAlone(): Promise<void> {
    // What has just arrived may be more important than what the drain waits for.
    sleeping?.abort();
    if (isDraining) {
      return;
    }
    isDraining = true;
    try {
      await drain();
    } finally {
      isDraining = false;
    }
    // For what arrived while the lock was released.
    if (queue.length > 0) {
      await drainAlone();
    }
  }

  return {
    write<T>(
      priority: WritePriority,
      run: (holds: () => boolean) => Promise<GitHubResult<T>>,
    ): Promise<GitHubResult<T>> {
      return new Promise((resolve, reject) => {
        queue.push({
          priority,
          sinceMs: nowMs(),
          run: (holds) => run(holds).then(resolve, reject),
          refuse: (retryAt) => resolve({ ok: false, problem: limited(retryAt) }),
        });
        drainAlone().catch(reject);
      });
    },
    wake: () => sleeping?.abort(),
  };
}

/** The problem of a request that was not sent, because GitHub's limits would have been exceeded. */
export function limited(retryAt: Date): GitHubProblem {
  return {
    kind: 'limited',
    status: null,
    message: `Delayed to respect the rate limits of GitHub until ${retryAt.toISOString()}`,
    retryAt,
  };
}

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal });
}
