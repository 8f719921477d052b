import type { Receipt } from '../queue/queue.ts';
import { withExtension } from '../queue/with-extension.ts';
import { createClaimLoop } from './claim-loop.ts';
import type { OrchestratorContext } from './context.ts';
import { createReaping } from './reaping/create-reaping.ts';
import { reap, recover } from './recover.ts';
import { renewLeases } from './renew-leases.ts';
import { createRunningTasks } from './running-tasks.ts';
import { windDown } from './wind-down.ts';

/**
 * Owns the running tasks of this process: claims what may start (`claim-loop.ts`), takes each task through its steps
 * (`running-tasks.ts`), renews leases, takes over what others dropped, and shuts down without losing anything. Wakes on
 * the queue; the only timers are the lease renewal, the minute's recovery and each running task's own deadline.
 */
export interface Orchestrator {
  start(): Promise<void>;
  /** Stops claiming, has every worker push what it has, gives its tasks back to the queue, and resolves when done. */
  stop(): Promise<void>;
}

/** Adopted at a time; the rest follows with the next recovery. */
const MAX_ADOPTED = 50;
/**
 * A model request without an answer for this long is settled at its upper bound. Longer than the door waits for a
 * provider (20 minutes), so that a request that is still answered is charged what it used.
 */
const ORPHANED_AFTER_MS = 25 * 60_000;
const QUEUE_RETRY_MS = 1_000;

export function createOrchestrator(context: OrchestratorContext): Orchestrator {
  const reaping = createReaping(context);
  const closing = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const underWay = new Set<Promise<void>>();
  let listening: Promise<void> = Promise.resolve();

  const running = createRunningTasks(context, { reaping, onSlotFreed: () => void claims.claimSoon() });
  const claims = createClaimLoop(context, { signal: closing.signal, onClaimed: (task) => running.run(task) });

  async function listen(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        const receipts = await context.queue.receive({
          kinds: ['task', 'nudge'],
          max: 100,
          signal: closing.signal,
        });
        receipts.forEach(({ wakeUp }) => running.nudge(wakeUp.id));
        track(followWakeUps(receipts));
      } catch (error) {
        context.log.error('The queue did not answer; it is polled again', { err: error });
        await pause(QUEUE_RETRY_MS, closing.signal);
      }
    }
  }

  /** Claims what the wake-ups are about. They are acknowledged once it has an owner, and come again when claiming failed. */
  async function followWakeUps(receipts: readonly Receipt[]): Promise<void> {
    await withExtension(receipts, async () => {
      if (receipts.some(({ wakeUp }) => wakeUp.kind === 'task') && !(await claims.claimSoon())) {
        throw new Error('claiming failed');
      }
    }).catch(() => undefined);
  }

  async function recoverAndReap(options: { own?: 'at once' } = {}): Promise<void> {
    // Its own tasks of before a restart are not reaped but taken back.
    const mayReap = options.own === 'at once' || (await reaping.mayReap());
    const takenOver = mayReap ? await recover(context, { max: MAX_ADOPTED, holding: running.ids(), ...options }) : [];
    for (const task of takenOver) {
      if (!running.has(task.id) && !closing.signal.aborted) {
        running.run(task);
      }
    }
    if (closing.signal.aborted) {
      return;
    }
    const now = context.clock.now();
    const settled = await context.stores.attempts.settleOrphans({
      olderThan: new Date(now.getTime() - ORPHANED_AFTER_MS),
      now,
    });
    const reaped = await reap(context);
    if (settled + reaped > 0) {
      context.log.info('Remains of ended attempts were settled or removed', { settled, reaped });
    }
    void claims.claimSoon();
  }

  /** Keeps `work`, which never rejects, until it is done, so that `stop` can wait for it. */
  function track(work: Promise<void>): void {
    const tracked = work.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  }

  function every(ms: number, work: () => Promise<void>, message: string): void {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) {
        return;
      }
      busy = true;
      track(
        work()
          .catch((error: unknown) => context.log.error(message, { err: error }))
          .finally(() => {
            busy = false;
          }),
      );
    }, ms);
    timers.push(timer);
  }

  return {
    async start() {
      await recoverAndReap({ own: 'at once' });
      listening = listen();
      every(context.times.renewMs, () => renewLeases(context, running), 'Renewing leases failed');
      every(context.times.recoveryMs, () => recoverAndReap(), 'Recovery failed');
    },

    async stop() {
      closing.abort();
      timers.forEach((timer) => clearInterval(timer));
      await Promise.all([listening, claims.settled(), ...underWay]);
      await Promise.all(running.all().map((task) => windDown(task, context)));
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
