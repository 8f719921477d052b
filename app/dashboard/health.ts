import type { InboxStore, TaskStore } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';

/** Work older than this that nobody took means that the process lives but does not work. */
const STUCK_AFTER_MS = 5 * 60_000;

export interface Readiness {
  readonly ready: boolean;
  readonly database: 'ok' | 'unavailable';
  /** Age of the oldest delivery not routed and of the oldest task that could run; null when there is none. */
  readonly oldestDeliveryMs: number | null;
  readonly oldestReadyTaskMs: number | null;
  readonly problem: string | null;
  /** What somebody should look at although work gets done. */
  readonly notes: readonly string[];
}

export interface ReadinessSources {
  readonly inbox: Pick<InboxStore, 'oldestUnrouted'>;
  readonly tasks: Pick<TaskStore, 'oldestReady'>;
  readonly clock: Clock;
  /** What the process itself has to say: a problem means that nothing should be sent here. */
  readonly readNotices: () => { readonly problem: string | null; readonly notes: readonly string[] };
}

/** Whether work gets done, not whether the process runs: the age of the oldest work that is ready and not taken. */
export async function readReadiness(sources: ReadinessSources): Promise<Readiness> {
  const { problem, notes } = sources.readNotices();
  try {
    const [delivery, task] = await Promise.all([sources.inbox.oldestUnrouted(), sources.tasks.oldestReady()]);
    const now = sources.clock.now().getTime();
    const oldestDeliveryMs = delivery === null ? null : now - delivery.getTime();
    const oldestReadyTaskMs = task === null ? null : now - task.getTime();
    const judged = problem === null ? judge(oldestDeliveryMs) : { ready: false, problem };
    return { database: 'ok', oldestDeliveryMs, oldestReadyTaskMs, ...judged, notes };
  } catch {
    // Nobody is signed in here; the log of whoever asked the database has the error itself.
    return {
      ready: false,
      database: 'unavailable',
      oldestDeliveryMs: null,
      oldestReadyTaskMs: null,
      problem: 'the database does not answer; the log says why',
      notes,
    };
  }
}

/** A task may rightly wait for a slot for hours; a delivery may not. */
function judge(oldestDeliveryMs: number | null): Pick<Readiness, 'ready' | 'problem'> {
  if (oldestDeliveryMs !== null && oldestDeliveryMs > STUCK_AFTER_MS) {
    return { ready: false, problem: `a delivery has waited ${Math.round(oldestDeliveryMs / 1_000)} s to be routed` };
  }
  return { ready: true, problem: null };
}
