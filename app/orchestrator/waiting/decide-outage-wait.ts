import { failure, type Failure, type FailureCode } from '../../task/failure.ts';
import { addWait, type Outages } from '../../task/outages.ts';
import type { Task, Wait } from '../../task/task.ts';
import { backoff } from '../decide-lost.ts';

/** GitHub, the artifact store, or what runs workers does not answer. */
export interface Outage {
  readonly service: 'github' | 'store' | 'compute';
  readonly note: string;
  /** When the service asked to be tried again. */
  readonly retryAt: Date | null;
}

export type OutageDecision =
  | { readonly do: 'wait'; readonly wait: Wait; readonly outages: Outages }
  | { readonly do: 'give_up'; readonly failure: Failure };

/** What a task waits with while a service it needs does not answer, and how it ends when that lasts too long. */
const SERVICES = {
  github: { reason: 'github', code: 'GITHUB_UNAVAILABLE' },
  store: { reason: 'backoff', code: 'STORE_UNAVAILABLE' },
  compute: { reason: 'backoff', code: 'WORKER_START_FAILED' },
} as const satisfies Record<Outage['service'], { reason: Wait['reason']; code: FailureCode }>;

/**
 * How long a step waits for a service: a second first, then four times as long, at most five minutes. The waits so far
 * are on the task's row, so a restart of Bosun shortens neither the pause nor the patience. `jitter` is 0 to 1.
 */
export function decideOutageWait(
  task: Pick<Task, 'outages'>,
  outage: Outage,
  options: { readonly now: Date; readonly patienceMs: number; readonly jitter: number },
): OutageDecision {
  const { note, retryAt, service } = outage;
  const { jitter, now, patienceMs } = options;
  const { code, reason } = SERVICES[service];
  const known = task.outages[service];
  if (known !== undefined && now.getTime() - known.since.getTime() > patienceMs) {
    return { do: 'give_up', failure: failure(code, note) };
  }
  const tries = Math.min((known?.waits ?? 0) + 1, 6);
  const pauseMs = backoff(tries, { firstMs: 1_000, maxMs: 5 * 60_000, jitter });
  const wakeAt = retryAt ?? new Date(now.getTime() + pauseMs);
  return {
    do: 'wait',
    wait: { reason, wakeAt, note, blockedOn: null },
    outages: addWait(task.outages, service, now),
  };
}
