import { setTimeout as wait } from 'node:timers/promises';
import { isTerminal } from '../../protocol/index.ts';
import type { GitHub } from '../github/github.ts';
import type { Queue, Receipt } from '../queue/queue.ts';
import { withExtension } from '../queue/with-extension.ts';
import type { Task } from '../task/task.ts';
import { deliverOutbox } from './deliver-outbox.ts';
import { guardWrites } from './writing/guard-writes.ts';
import type { ReportContext } from './report-context.ts';
import { reportTask } from './report-task.ts';

/**
 * The loop that keeps comments and check runs up to date. Rows say what is to be shown; wake-ups, the earliest due time
 * and a slow sweep say when to look. Tasks of one installation are shown one after the other, those that have ended
 * first; small messages do not wait behind them. Nothing here can stop a run: the orchestrator does not know that
 * reports exist.
 */
export interface Reporter {
  start(): void;
  /** Accepts no more work and resolves when the current work is done. */
  stop(): Promise<void>;
  /** Shows everything that is due now; resolves with how many tasks and messages that were. */
  runOnce(): Promise<number>;
}

export interface ReporterOptions extends Omit<ReportContext, 'github'> {
  readonly github: (installationId: number) => GitHub;
  readonly queue: Pick<Queue, 'receive'>;
}

const MAX_TASKS = 50;
const MAX_MESSAGES = 50;
/**
 * How long a dead reporter's work stays hidden. Tasks in progress are renewed; a message takes a few requests at most.
 */
const LEASE_MS = 45_000;
const RENEW_MS = 10_000;
/** The longest time for a write to wait in the queue and reach GitHub. */
const ARRIVAL_MS = 20_000;
const SWEEP_MS = 60_000;
const MAX_ERROR_WAIT_MS = 30_000;
const OUTAGE_PAUSE_MS = 5_000;

interface Lane {
  readonly tasks: Task[];
  working: Promise<void> | null;
}

export function createReporter(options: ReporterOptions): Reporter {
  const { stores, clock, holder, log } = options;
  const lanes = new Map<number, Lane>();
  /** Tasks in progress, and until when (ms) they are surely ours. */
  const busy = new Map<string, number>();
  const sending = new Set<string>();
  const underWay = new Set<Promise<void>>();
  const failures = new Map<string, number>();
  let nextMessageAt: number | null = null;
  let nap: AbortController | null = null;
  let looping: Promise<void> | null = null;
  let renewing: NodeJS.Timeout | null = null;
  const life = new AbortController();

  /** `heldUntilMs` is asked before each write; what is sent then arrives while it still holds. */
  function contextOf(installationId: number, heldUntilMs: () => number): ReportContext {
    const holds = (): boolean => clock.now().getTime() < heldUntilMs() - ARRIVAL_MS;
    return { ...options, github: guardWrites(options.github(installationId), holds) };
  }

  function track(work: Promise<void>): void {
    underWay.add(work);
    void work.finally(() => {
      underWay.delete(work);
      if (underWay.size === 0) {
        // What was postponed may be due before the nap ends.
        nap?.abort();
      }
    });
  }

  /** One attempt to show a task; true when GitHub is unreachable. Nothing that is thrown leaves it. */
  async function show(task: Task): Promise<boolean> {
    const failed = failures.get(task.id) ?? 0;
    const heldUntilMs = (): number => busy.get(task.id) ?? 0;
    try {
      const { outage, needsBackoff } = await reportTask(task, contextOf(task.installationId, heldUntilMs), failed);
      if (needsBackoff) {
        failures.set(task.id, failed + 1);
      } else {
        failures.delete(task.id);
      }
      return outage;
    } catch (error) {
      log.error('Reporting a task failed', { taskId: task.id, epoch: task.epoch, error });
      failures.set(task.id, failed + 1);
      await postpone(task, MAX_ERROR_WAIT_MS * (failed + 1));
      return false;
    }
  }

  async function postpone(task: Task, ms: number): Promise<void> {
    try {
      const now = clock.now();
      await stores.reports.retryLater(task.id, { holder, now, at: new Date(now.getTime() + Math.min(ms, 600_000)) });
    } catch (error) {
      // Its lease expires, then it is taken again.
      log.error('A report could not be postponed', { taskId: task.id, epoch: task.epoch, error });
    }
  }

  async function workOff(lane: Lane): Promise<void> {
    let isOut = false;
    for (let task = lane.tasks.shift(); task; task = lane.tasks.shift()) {
      if (isOut) {
        await postpone(task, OUTAGE_PAUSE_MS);
      } else {
        isOut = await show(task);
      }
      busy.delete(task.id);
    }
    lane.working = null;
  }

  function enqueue(task: Task, heldUntilMs: number): void {
    const lane: Lane = lanes.get(task.installationId) ?? { tasks: [], working: null };
    lanes.set(task.installationId, lane);
    busy.set(task.id, heldUntilMs);
    const behind = lane.tasks.findIndex((other) => !isTerminal(other.state));
    if (isTerminal(task.state) && behind >= 0) {
      lane.tasks.splice(behind, 0, task);
    } else {
      lane.tasks.push(task);
    }
    if (!lane.working) {
      lane.working = workOff(lane);
      track(lane.working);
    }
  }

  async function takeMessages(): Promise<number> {
    const now = clock.now();
    const items = await stores.outbox.take({ holder, max: MAX_MESSAGES, now, leaseMs: LEASE_MS });
    const heldUntilMs = now.getTime() + LEASE_MS;
    // One that takes longer than its hold is given out again; here it is still on its way.
    for (const item of items.filter(({ key }) => !sending.has(key))) {
      sending.add(item.key);
      const sent = deliverOutbox(
        item,
        contextOf(item.installationId, () => heldUntilMs),
      )
        .then(
          (at) => noteMessage(at?.getTime() ?? null),
          (error: unknown) => {
            log.error('Delivering a message failed', { key: item.key, error });
            noteMessage(clock.now().getTime() + LEASE_MS);
          },
        )
        .finally(() => sending.delete(item.key));
      track(sent);
    }
    return items.length;
  }

  function noteMessage(atMs: number | null): void {
    if (atMs !== null) {
      nextMessageAt = Math.min(nextMessageAt ?? Infinity, atMs);
    }
  }

  async function takeTasks(): Promise<number> {
    const room = MAX_TASKS - busy.size;
    if (room <= 0) {
      return 0;
    }
    const now = clock.now();
    const tasks = await stores.reports.takeDirty({ holder, max: room, now, leaseMs: LEASE_MS });
    for (const task of tasks.filter(({ id }) => !busy.has(id))) {
      enqueue(task, now.getTime() + LEASE_MS);
    }
    return tasks.length;
  }

  async function take(): Promise<number> {
    if (nextMessageAt !== null && nextMessageAt <= clock.now().getTime()) {
      nextMessageAt = null;
    }
    // Messages first: a reaction has to be there at once.
    return (await takeMessages()) + (await takeTasks());
  }

  async function rest(taken: number): Promise<readonly Receipt[]> {
    if (busy.size >= MAX_TASKS) {
      await Promise.race(underWay);
      return [];
    }
    const now = clock.now();
    const dueAt = Math.min(
      (await stores.reports.nextDueAt(now))?.getTime() ?? Infinity,
      (await stores.outbox.nextDueAt(now))?.getTime() ?? Infinity,
    );
    const soonest = Math.min(dueAt, nextMessageAt ?? Infinity) - now.getTime();
    // What is due but was not given is under way somewhere: no reason to ask again and again.
    const restMs = Math.min(Math.max(soonest, taken > 0 ? 20 : 1_000), SWEEP_MS);
    nap = new AbortController();
    const timer = setTimeout(() => nap?.abort(), restMs);
    try {
      return await options.queue.receive({ kinds: ['report'], max: 100, signal: nap.signal });
    } finally {
      clearTimeout(timer);
      nap = null;
    }
  }

  /** What a reporter of this name held when it died is due at once. */
  async function takeBack(): Promise<void> {
    const now = clock.now();
    const messages = await stores.outbox.takeBack({ holder, now });
    const tasks = await stores.reports.takeBack(holder);
    if (messages + tasks > 0) {
      log.info('Unfinished reports of the previous process were reclaimed', { messages, tasks });
    }
  }

  function renew(): void {
    const now = clock.now();
    // One whose hold has expired may be somebody else's; it is not renewed.
    const taskIds = [...busy].filter(([, heldUntilMs]) => heldUntilMs > now.getTime()).map(([id]) => id);
    if (taskIds.length > 0) {
      stores.reports
        .renewHolds({ holder, taskIds, now, leaseMs: LEASE_MS })
        .then(() => {
          const inHand = taskIds.filter((id) => busy.has(id));
          inHand.forEach((id) => busy.set(id, now.getTime() + LEASE_MS));
        })
        .catch((error: unknown) => log.error('The leases of reports could not be renewed', { error }));
    }
  }

  async function loop(): Promise<void> {
    let errors = 0;
    let isFirst = true;
    let receipts: readonly Receipt[] = [];
    while (!life.signal.aborted) {
      try {
        if (isFirst) {
          await takeBack();
          isFirst = false;
        }
        const taken = await withExtension(receipts, take);
        receipts = life.signal.aborted ? [] : await rest(taken);
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
      renewing ??= setInterval(renew, RENEW_MS);
    },
    async stop() {
      life.abort();
      nap?.abort();
      await looping;
      await Promise.all(underWay);
      clearInterval(renewing ?? undefined);
    },
    async runOnce() {
      const taken = await take();
      await Promise.all(underWay);
      return taken;
    },
  };
}
