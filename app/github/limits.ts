import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../task/clock.ts';
import type { GitHubProblem, GitHubResult, WritePriority } from './github.ts';
import type { Quota } from './request/connection.ts';

/**
 * What one installation may still send. GitHub allows about 80 content-creating requests a minute and 500 an hour and
 * asks for one at a time; whoever goes on when told to stop may be banned. So writes stand in one queue, the more
 * important first, each class with an allowance that leaves room for the classes above it. The first few of a quiet
 * time go out at once.
 */
export interface Limits {
  /** Until when nothing at all may be sent, reads included; null when free. */
  blockedUntil(): Date | null;
  /** Learns from every answer. */
  observe(seen: { quota: Quota; problem: GitHubProblem | null }): void;
  /** Runs a write when its turn comes; resolves with `limited` at once when that would take longer than its patience. */
  write<T>(priority: WritePriority, run: () => Promise<GitHubResult<T>>): Promise<GitHubResult<T>>;
}

interface Rule {
  readonly max: number;
  readonly withinMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Windows a little longer than GitHub's, because its clock and ours disagree and answers take time. */
const RULES: Record<WritePriority, readonly Rule[]> = {
  high: [
    { max: 20, withinMs: 10_000 },
    { max: 76, withinMs: MINUTE_MS + 1_000 },
    { max: 490, withinMs: HOUR_MS + 5_000 },
  ],
  normal: [
    { max: 15, withinMs: 10_000 },
    { max: 66, withinMs: MINUTE_MS + 1_000 },
    { max: 440, withinMs: HOUR_MS + 5_000 },
  ],
  low: [
    { max: 10, withinMs: 10_000 },
    { max: 50, withinMs: MINUTE_MS + 1_000 },
    { max: 300, withinMs: HOUR_MS + 5_000 },
  ],
};

/** How long a write may stand in the queue because of limits before its caller hears `limited`. */
const PATIENCE_MS: Record<WritePriority, number> = { high: 12_000, normal: 12_000, low: 2_000 };
const RANK: Record<WritePriority, number> = { high: 0, normal: 1, low: 2 };

const FIRST_STRIKE_MS = 60_000;
const LAST_STRIKE_MS = 15 * 60_000;

interface Waiting {
  readonly priority: WritePriority;
  readonly run: () => Promise<void>;
  readonly refuse: (retryAt: Date) => void;
}

export interface LimitsOptions {
  readonly clock: Clock;
  /** Replaced in tests; rejects when aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export function createLimits(options: LimitsOptions): Limits {
  const { clock } = options;
  const sleep = options.sleep ?? sleepFor;
  let queue: Waiting[] = [];
  let sentMs: number[] = [];
  let blockedUntilMs = 0;
  let strikes = 0;
  let isDraining = false;
  let napping: AbortController | null = null;

  function nowMs(): number {
    return clock.now().getTime();
  }

  function block(untilMs: number): void {
    blockedUntilMs = Math.max(blockedUntilMs, untilMs);
  }

  function allowedAtMs(priority: WritePriority): number {
    const turns = RULES[priority].map(({ max, withinMs }) => {
      const oldest = sentMs[sentMs.length - max];
      return oldest === undefined ? 0 : oldest + withinMs;
    });
    return Math.max(blockedUntilMs, ...turns);
  }

  async function drain(): Promise<void> {
    if (isDraining) {
      // Someone more important may have come while the drain sleeps.
      napping?.abort();
      return;
    }
    isDraining = true;
    while (queue.length > 0) {
      const next = queue.reduce((best, entry) => (RANK[entry.priority] < RANK[best.priority] ? entry : best));
      const atMs = allowedAtMs(next.priority);
      const waitMs = atMs - nowMs();
      if (waitMs > PATIENCE_MS[next.priority]) {
        queue = queue.filter((entry) => entry !== next);
        next.refuse(new Date(atMs));
      } else if (waitMs > 0) {
        napping = new AbortController();
        await sleep(waitMs, napping.signal).catch(() => undefined);
        napping = null;
      } else {
        queue = queue.filter((entry) => entry !== next);
        sentMs = [...sentMs.filter((at) => at > nowMs() - HOUR_MS - 5_000), nowMs()];
        await next.run();
      }
    }
    isDraining = false;
  }

  return {
    blockedUntil() {
      return blockedUntilMs > nowMs() ? new Date(blockedUntilMs) : null;
    },

    observe({ quota, problem }) {
      if (quota.remaining === 0 && quota.resetAt) {
        block(quota.resetAt.getTime());
      }
      if (problem?.kind === 'limited') {
        strikes += 1;
        const ownMs = Math.min(FIRST_STRIKE_MS * 2 ** (strikes - 1), LAST_STRIKE_MS);
        // GitHub's own time counts; ours only grows when it keeps refusing.
        block(
          strikes === 1 && problem.retryAt
            ? problem.retryAt.getTime()
            : Math.max(problem.retryAt?.getTime() ?? 0, nowMs() + ownMs),
        );
      }
      if (!problem) {
        strikes = 0;
      }
    },

    write<T>(priority: WritePriority, run: () => Promise<GitHubResult<T>>): Promise<GitHubResult<T>> {
      return new Promise((resolve, reject) => {
        queue.push({
          priority,
          run: () => run().then(resolve, reject),
          refuse: (retryAt) => resolve({ ok: false, problem: limited(retryAt) }),
        });
        void drain();
      });
    },
  };
}

/** The problem of a request that was not sent, because GitHub's limits would have been exceeded. */
export function limited(retryAt: Date): GitHubProblem {
  return {
    kind: 'limited',
    status: null,
    message: `Held back to keep the rate limits of GitHub until ${retryAt.toISOString()}`,
    retryAt,
  };
}

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal });
}
