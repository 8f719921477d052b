import { setTimeout as wait } from 'node:timers/promises';
import type { Queue, Receipt } from '../queue/queue.ts';
import { withExtension } from '../queue/with-extension.ts';
import { createOutboxDelivery } from './deliver-outbox.ts';
import type { ReportWork } from './report-context.ts';
import { createReportLanes } from './report-lanes.ts';
import { createReportLeases, LEASE_MS } from './report-leases.ts';

/**
 * The loop that keeps comments and check runs up to date. Rows say what is to be shown; wake-ups, the earliest due time
 * and a slow sweep say when to look. Small messages do not wait behind tasks. Nothing here can stop a run: the
 * orchestrator does not know that reports exist.
 */
export interface Reporter {
  start(): void;
  /** Accepts no more work and resolves when the current work is done. */
  stop(): Promise<void>;
  /** Shows everything that is due now; resolves with how many tasks and messages that were. */
  runOnce(): Promise<number>;
}

const MAX_TASKS = 50;
const SWEEP_MS = 60_000;
/** Shortest waits: after work was found there may be more; work that is due but was not given is in progress elsewhere. */
const NEXT_LOOK_MS = 20;
const IDLE_LOOK_MS = 1_000;
const MAX_ERROR_WAIT_MS = 30_000;

export interface ReporterOptions extends ReportWork {
  readonly queue: Pick<Queue, 'receive'>;
}

export function createReporter(options: ReporterOptions): Reporter {
  const { stores, clock, holder, log } = options;
  const inProgress = new Set<Promise<void>>();
  const leases = createReportLeases(options);
  const lanes = createReportLanes(options, { leases, track });
  const outbox = createOutboxDelivery(options, track);
  const closing = new AbortController();
  let waiting: AbortController | null = null;
  let looping: Promise<void> | null = null;

  function track(work: Promise<void>): void {
    inProgress.add(work);
    void work.finally(() => {
      inProgress.delete(work);
      if (inProgress.size === 0) {
        // What was postponed may be due before the wait ends.
        waiting?.abort();
      }
    });
  }

  async function takeTasks(): Promise<number> {
    const max = MAX_TASKS - leases.count();
    if (max <= 0) {
      return 0;
    }
    const now = clock.now();
    const tasks = await stores.reports.takeDirty({ holder, max, now, leaseMs: LEASE_MS });
    for (const task of tasks.filter(({ id }) => !leases.has(id))) {
      leases.acquire(task.id, now);
      lanes.add(task);
    }
    return tasks.length;
  }

  /** Messages first: a reaction has to be there at once. */
  async function take(): Promise<number> {
    return (await outbox.take()) + (await takeTasks());
  }

  async function waitForWork(taken: number): Promise<readonly Receipt[]> {
    if (leases.count() >= MAX_TASKS) {
      await Promise.race(inProgress);
      return [];
    }
    const now = clock.now();
    const dueAt = [await stores.reports.nextDueAt(now), await stores.outbox.nextDueAt(now), outbox.retryAt()];
    const soonestMs = Math.min(...dueAt.map((at) => (at?.getTime() ?? Infinity) - now.getTime()));
    const waitMs = Math.min(Math.max(soonestMs, taken > 0 ? NEXT_LOOK_MS : IDLE_LOOK_MS), SWEEP_MS);
    waiting = new AbortController();
    const timer = setTimeout(() => waiting?.abort(), waitMs);
    try {
      return await options.queue.receive({ kinds: ['report'], max: 100, signal: waiting.signal });
    } finally {
      clearTimeout(timer);
      waiting = null;
    }
  }

  /** What a process of this name had leased when it died is due at once. */
  async function reclaim(): Promise<void> {
    const messages = await stores.outbox.takeBack({ holder, now: clock.now() });
    const tasks = await stores.reports.takeBack(holder);
    if (messages + tasks > 0) {
      log.info('Unfinished reports of the previous process were reclaimed', { messages, tasks });
    }
  }

  async function loop(): Promise<void> {
    let errors = 0;
    let isReclaimed = false;
    let receipts: readonly Receipt[] = [];
    while (!closing.signal.aborted) {
      try {
        if (!isReclaimed) {
          await reclaim();
          isReclaimed = true;
        }
        const taken = await withExtension(receipts, take);
        receipts = closing.signal.aborted ? [] : await waitForWork(taken);
        errors = 0;
      } catch (error) {
        receipts = [];
        errors += 1;
        log.error('The reporter could not fetch its work', { error, errors });
        await wait(Math.min(500 * 2 ** errors, MAX_ERROR_WAIT_MS), undefined, { ref: false });
      }
    }
  }

  return {
    start() {
      looping ??= loop();
      leases.startRenewing();
    },
    async stop() {
      closing.abort();
      waiting?.abort();
      await looping;
      await Promise.all(inProgress);
      leases.stopRenewing();
    },
    async runOnce() {
      const taken = await take();
      await Promise.all(inProgress);
      return taken;
    },
  };
}
