import { DatabaseError, type PoolFacts } from '../store/database.ts';
import { describeModelRefusal, readModelRefusal } from '../store/model-refusal.ts';
import type { ModelRefusal } from '../store/model-refusal.ts';
import type { ServerPause, ServerPauseStore } from '../store/server-pause.ts';
import type { InboxStore, KeyStore, TaskStore } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';
import { TimeoutExceeded, withTimeout } from '../telemetry/with-timeout.ts';

/** Work older than this that nobody took means that the process lives but does not work. */
const STUCK_AFTER_MS = 5 * 60_000;
/** Below the second or more that probes wait, and long enough for a busy database. */
const ANSWER_WITHIN_MS = 2_000;

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
  /** Where the refusal of the model key stands. */
  readonly keys: Pick<KeyStore, 'read'>;
  /** The connections of this process to the database. */
  readonly pool: () => PoolFacts;
  readonly pause: Pick<ServerPauseStore, 'read'>;
  /** What the process itself has to say: a problem means that nothing should be sent here. */
  readonly readNotices: () => { readonly problem: string | null; readonly notes: readonly string[] };
}

interface Found {
  readonly delivery: Date | null;
  readonly task: Date | null;
  readonly pause: ServerPause | null;
  readonly refusal: ModelRefusal | null;
}

/**
 * Whether work gets done, not whether the process runs: the age of the oldest work that is ready and not taken, asked
 * of the database over the connections that the work itself needs. Answers within two seconds whatever hangs; while one
 * question is open, those who ask meanwhile wait for it instead of adding more.
 */
export function createReadiness(sources: ReadinessSources): () => Promise<Readiness> {
  let asking: Promise<Found> | null = null;

  function ask(): Promise<Found> {
    asking ??= read(sources).finally(() => {
      asking = null;
    });
    return asking;
  }

  return async () => {
    const { notes, problem } = sources.readNotices();
    try {
      const { delivery, pause, refusal, task } = await withTimeout(ANSWER_WITHIN_MS, ask());
      const now = sources.clock.now().getTime();
      const oldestDeliveryMs = delivery === null ? null : now - delivery.getTime();
      const oldestReadyTaskMs = task === null ? null : now - task.getTime();
      const judged = problem === null ? judge(oldestDeliveryMs) : { ready: false, problem };
      const all = [...notes, ...pauseNote(pause), ...(refusal === null ? [] : [describeModelRefusal(refusal)])];
      return { database: 'ok', oldestDeliveryMs, oldestReadyTaskMs, ...judged, notes: all };
    } catch (error) {
      return {
        ready: false,
        database: 'unavailable',
        oldestDeliveryMs: null,
        oldestReadyTaskMs: null,
        problem: explain(error, sources.pool()),
        notes,
      };
    }
  };
}

/** Two queries at a time: a probe takes few of the connections that the work itself needs. */
async function read(sources: ReadinessSources): Promise<Found> {
  const [delivery, task] = await Promise.all([sources.inbox.oldestUnrouted(), sources.tasks.oldestReady()]);
  const [pause, refusal] = await Promise.all([sources.pause.read(), readModelRefusal(sources.keys)]);
  return { delivery, task, pause, refusal };
}

/** Nobody is signed in here, so neither who paused nor why is shown. */
function pauseNote(pause: ServerPause | null): string[] {
  return pause === null
    ? []
    : [`all tasks are paused since ${pause.at.toISOString()}; \`bosun resume --all\` lets them start`];
}

/** Nobody is signed in here, so it says what is wrong and not where; the log of whoever asked has the error itself. */
function explain(error: unknown, { busy, max, waiting }: PoolFacts): string {
  if (error instanceof TimeoutExceeded || (busy >= max && waiting > 0)) {
    const seconds = ANSWER_WITHIN_MS / 1_000;
    return busy >= max
      ? `all ${max} connections to the database are busy, and ${waiting} requests wait for one`
      : `the database has not answered for ${seconds} s`;
  }
  const code = error instanceof DatabaseError ? ` (${error.code})` : '';
  return error instanceof DatabaseError && error.unavailable
    ? `the database is unreachable${code}; see the log for the reason`
    : `the database refused a query${code}; see the log for the reason`;
}

/** A task may rightly wait for a slot for hours; a delivery may not. */
function judge(oldestDeliveryMs: number | null): Pick<Readiness, 'ready' | 'problem'> {
  if (oldestDeliveryMs !== null && oldestDeliveryMs > STUCK_AFTER_MS) {
    return { ready: false, problem: `a delivery has waited ${Math.round(oldestDeliveryMs / 1_000)} s to be routed` };
  }
  return { ready: true, problem: null };
}
