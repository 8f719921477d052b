import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../task/clock.ts';
import type { GitHubProblem, GitHubResult, WritePriority } from '../github.ts';
import type { Quota } from '../request/connection.ts';
import { HELD_LOOK_MS, HOUR, LEASE_MS, MINUTE, PATIENCE_MS, RANK, STRIKE } from './paces.ts';
import type { BlockState, WriteLockNotice, WriteLocks } from '../../task/ports/write-locks.ts';

/**
 * What one installation may still send. GitHub allows about 80 content-creating requests a minute and 500 an hour and
 * asks for one at a time; whoever continues when told to stop may be banned. So writes stand in one queue, the more
 * important first, and each takes its turn among all processes before it is sent.
 */
export interface Limits {
  /** Until when nothing at all may be sent, reads included; null when free. Asks the store only when it does not know. */
  fetchBlockedUntil(): Promise<Date | null>;
  /** Learns from every answer. */
  observe(seen: { quota: Quota; problem: GitHubProblem | null }): Promise<void>;
  /**
   * Runs a write when its turn comes; resolves with `limited` at once when that would take longer than its patience.
   * `holds` says whether the turn is still ours: to be asked right before anything is sent.
   */
  write<T>(priority: WritePriority, run: (holds: () => boolean) => Promise<GitHubResult<T>>): Promise<GitHubResult<T>>;
  /** Hears of turns and blocks of other processes; null when something may have been missed. */
  notice(notice: WriteLockNotice | null): void;
}

interface Waiting {
  readonly priority: WritePriority;
  readonly sinceMs: number;
  readonly run: (holds: () => boolean) => Promise<void>;
  readonly refuse: (retryAt: Date) => void;
}

export interface LimitsOptions {
  readonly installationId: number;
  /** Names this process among those that share the turns. */
  readonly holder: string;
  readonly writeLocks: WriteLocks;
  readonly clock: Clock;
  /** Replaced in tests; rejects when aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export function createLimits(options: LimitsOptions): Limits {
  const { clock, holder, installationId, writeLocks: turns } = options;
  const sleep = options.sleep ?? sleepFor;
  let queue: Waiting[] = [];
  let block: BlockState | null = null;
  let isDraining = false;
  let napping: AbortController | null = null;

  function nowMs(): number {
    return clock.now().getTime();
  }

  function findFirst(): Waiting | undefined {
    return queue.toSorted((one, other) => RANK[one.priority] - RANK[other.priority])[0];
  }

  function take(entry: Waiting): Waiting {
    queue = queue.filter((other) => other !== entry);
    return entry;
  }

  async function nap(ms: number): Promise<void> {
    napping = new AbortController();
    await sleep(ms, napping.signal).catch(() => undefined);
    napping = null;
  }

  /** Runs one write, and keeps the turn for as long as it takes. */
  async function runHeld(entry: Waiting, turn: { number: number; takenMs: number }): Promise<void> {
    let heldUntilMs = turn.takenMs + LEASE_MS;
    const keeping = setInterval(() => {
      const askedMs = nowMs();
      turns.extend({ installationId, holder, number: turn.number, now: new Date(askedMs), leaseMs: LEASE_MS }).then(
        (isHeld) => {
          heldUntilMs = isHeld ? askedMs + LEASE_MS : 0;
        },
        () => undefined,
      );
    }, LEASE_MS / 3);
    keeping.unref();
    await entry.run(() => nowMs() < heldUntilMs);
    clearInterval(keeping);
  }

  async function drain(): Promise<void> {
    let number: number | null = null;
    for (let next = findFirst(); next !== undefined; next = findFirst()) {
      const takenMs = nowMs();
      const { priority } = next;
      const turn = await turns.take({
        installationId,
        holder,
        rank: RANK[priority],
        minute: MINUTE[priority],
        hour: HOUR[priority],
        now: new Date(takenMs),
        leaseMs: LEASE_MS,
      });
      if (turn.granted) {
        ({ number } = turn);
        // Someone more important may have come meanwhile.
        const first = take(findFirst() ?? next);
        if (nowMs() - first.sinceMs > PATIENCE_MS[first.priority]) {
          // The process was suspended: what was asked for so long ago may not be wanted any more.
          first.refuse(new Date(nowMs() + HELD_LOOK_MS));
        } else {
          await runHeld(first, { number, takenMs });
        }
        continue;
      }
      number = null;
      const waitMs = turn.retryAt.getTime() - nowMs();
      const standsMs = nowMs() - next.sinceMs;
      if (turn.why === 'limited' ? waitMs > PATIENCE_MS[priority] : standsMs > PATIENCE_MS[priority]) {
        take(next).refuse(turn.why === 'limited' ? turn.retryAt : new Date(nowMs() + HELD_LOOK_MS));
      } else {
        await nap(turn.why === 'limited' ? waitMs : Math.min(waitMs, HELD_LOOK_MS));
      }
    }
    if (number !== null) {
      await turns.release({ installationId, holder, number, now: clock.now() });
    }
  }

  async function drainAlone(): Promise<void> {
    // Someone more important may have come while the drain sleeps.
    napping?.abort();
    if (isDraining) {
      return;
    }
    isDraining = true;
    try {
      await drain();
    } finally {
      isDraining = false;
    }
    // Whoever came while the turn was given back.
    if (queue.length > 0) {
      await drainAlone();
    }
  }

  return {
    async fetchBlockedUntil() {
      block ??= await turns.readBlock({ installationId, now: clock.now() });
      const { blockedUntil } = block;
      return blockedUntil !== null && blockedUntil.getTime() > nowMs() ? blockedUntil : null;
    },

    async observe({ quota, problem }) {
      const now = clock.now();
      const blockedUntil = block?.blockedUntil ?? null;
      if (problem?.kind === 'limited') {
        block = await turns.block({ installationId, now, until: problem.retryAt, strike: STRIKE });
      } else if (quota.remaining === 0 && quota.resetAt && (blockedUntil === null || blockedUntil < quota.resetAt)) {
        block = await turns.block({ installationId, now, until: quota.resetAt, strike: null });
      } else if (!problem && block !== null && block.strikes > 0 && (blockedUntil === null || blockedUntil <= now)) {
        block = { ...block, strikes: 0 };
        await turns.calm({ installationId, now });
      }
    },

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

    notice(notice) {
      // A notice may have been missed, or names a block that is read again when it is needed.
      if (notice?.kind !== 'free') {
        block = null;
      }
      napping?.abort();
    },
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
