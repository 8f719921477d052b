import { ANY_ID } from '../queue/mailbox.ts';
import type { Receipt } from '../queue/queue.ts';
import { whileHeld } from '../queue/while-held.ts';
import type { Task } from '../task/task.ts';
import type { OrchestratorContext } from './context.ts';
import { createReaping } from './reaping/create-reaping.ts';
import { reap, recover } from './recover.ts';
import { runTask } from './run-task.ts';
import { createTaskInHand, type TaskInHand } from './task-in-hand.ts';

/**
 * The owner of running tasks in this process: claims what may start, takes each task through its steps, renews leases,
 * takes over what others dropped, and winds down without losing anything. Wakes on the queue; the only timers are the
 * lease renewal, the minute's recovery and each running task's own deadline.
 */
export interface Orchestrator {
  start(): Promise<void>;
  /** Stops claiming, has every worker push what it has, gives its tasks back to the queue, and resolves when done. */
  stop(): Promise<void>;
  /** How many tasks this process has in hand. */
  inHand(): number;
}

/** How many tasks one claim takes at most; several processes still share what is there. */
const CLAIM_BATCH = 8;
/** Adopted at a time; the rest comes with the next look. */
const MAX_ADOPTED = 50;

export function createOrchestrator(context: OrchestratorContext): Orchestrator {
  const reaping = createReaping(context);
  const inHand = new Map<string, { task: Task; hand: TaskInHand; done: Promise<void> }>();
  const closing = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const underWay = new Set<Promise<void>>();
  let listening: Promise<void> = Promise.resolve();
  let claiming: Promise<boolean> | null = null;
  let claimingNext: Promise<boolean> | null = null;

  function take(task: Task): void {
    const hand = createTaskInHand(context.clock, reaping);
    const done = runTask(task, context, hand.signals).finally(() => {
      // Back in the queue it may have been claimed anew before this run had cleared away after itself.
      if (inHand.get(task.id)?.hand === hand) {
        inHand.delete(task.id);
      }
      // What ended freed a slot; what waits for it is claimed now and not at the next wake-up.
      void claimSoon();
    });
    inHand.set(task.id, { task, hand, done });
  }

  /**
   * Claims until nothing may start, once more where that is under way already; one claim loop at a time. Resolves with
   * whether claiming worked.
   */
  function claimSoon(): Promise<boolean> {
    if (closing.signal.aborted) {
      return Promise.resolve(false);
    }
    if (claiming !== null) {
      claimingNext ??= claiming.then(() => {
        claimingNext = null;
        return claimSoon();
      });
      return claimingNext;
    }
    claiming = claimAll()
      .then(() => true)
      .catch((error: unknown) => {
        context.log.error('Claiming failed; it is tried again at the next wake-up', { err: error });
        return false;
      })
      .finally(() => {
        claiming = null;
      });
    return claiming;
  }

  /** What was just admitted goes first; then what has waited for its time. */
  async function claimAll(): Promise<void> {
    do {
      await claimReady();
    } while (!closing.signal.aborted && (await context.stores.tasks.wakeDue(context.clock.now())) > 0);
  }

  async function claimReady(): Promise<void> {
    while (!closing.signal.aborted) {
      const claimed = await context.stores.tasks.claimUpTo(CLAIM_BATCH, {
        owner: context.owner,
        now: context.clock.now(),
        leaseMs: context.times.leaseMs,
        limits: context.limits(),
      });
      if (claimed.length === 0) {
        return;
      }
      for (const { task } of claimed) {
        // A later attempt may have waited for a person; only the first tells how long the queue takes.
        if (task.epoch === 1) {
          context.metrics.taskClaimed(context.clock.now().getTime() - task.createdAt.getTime());
        }
        await context.onStep?.('claimed', task.id);
        take(task);
      }
    }
  }

  async function listen(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        const receipts = await context.queue.receive({
          kinds: ['task', 'nudge'],
          max: 100,
          signal: closing.signal,
        });
        for (const { wakeUp } of receipts) {
          const nudged = wakeUp.id === ANY_ID ? [...inHand.values()] : [inHand.get(wakeUp.id)];
          nudged.forEach((entry) => entry?.hand.signals.nudge());
        }
        follow(receipts);
      } catch (error) {
        context.log.error('The queue did not answer; asking again', { err: error });
        await pause(1_000, closing.signal);
      }
    }
  }

  /** Claims what hints for new work speak of; they are gone once it has an owner, and come again when claiming failed. */
  function follow(receipts: readonly Receipt[]): void {
    const following = whileHeld(receipts, async () => {
      if (receipts.some(({ wakeUp }) => wakeUp.kind === 'task') && !(await claimSoon())) {
        throw new Error('claiming failed');
      }
    })
      .catch(() => undefined)
      .finally(() => underWay.delete(following));
    underWay.add(following);
  }

  async function renew(): Promise<void> {
    const held = await context.stores.tasks.renew({
      owner: context.owner,
      holding: [...inHand.keys()],
      now: context.clock.now(),
      leaseMs: context.times.leaseMs,
    });
    const holds = new Set(held.map((fence) => `${fence.taskId}:${fence.leaseNumber}`));
    for (const [id, { task, hand }] of inHand) {
      if (!holds.has(`${id}:${task.lease?.number ?? 0}`)) {
        const row = await context.stores.tasks.find(id);
        if (row !== null && row.lease?.number !== task.lease?.number) {
          context.metrics.leaseLost();
          context.log.warn('A lease was lost; the task is left to its new owner', { taskId: id, epoch: task.epoch });
          hand.drop();
        }
      }
    }
  }

  async function recoverAndReap(options: { own?: 'at once' } = {}): Promise<void> {
    // What is this owner's own is not reaped but taken back.
    const mayReap = options.own === 'at once' || (await reaping.mayReap());
    const takenOver = mayReap
      ? await recover(context, { max: MAX_ADOPTED, holding: [...inHand.keys()], ...options })
      : [];
    for (const task of takenOver) {
      if (!inHand.has(task.id) && !closing.signal.aborted) {
        take(task);
      }
    }
    if (closing.signal.aborted) {
      return;
    }
    const settled = await context.stores.attempts.settleOrphans({
      olderThan: new Date(context.clock.now().getTime() - 15 * 60_000),
      now: context.clock.now(),
    });
    const reaped = await reap(context);
    if (settled + reaped > 0) {
      context.log.info('Left-overs were cleared away', { settled, reaped });
    }
    void claimSoon();
  }

  function every(ms: number, work: () => Promise<void>, message: string): void {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) {
        return;
      }
      busy = true;
      const turn = work()
        .catch((error: unknown) => context.log.error(message, { err: error }))
        .finally(() => {
          busy = false;
          underWay.delete(turn);
        });
      underWay.add(turn);
    }, ms);
    timers.push(timer);
  }

  return {
    async start() {
      await recoverAndReap({ own: 'at once' });
      listening = listen();
      every(context.times.renewMs, renew, 'Renewing leases failed');
      every(context.times.recoveryMs, () => recoverAndReap(), 'Recovery failed');
    },

    async stop() {
      closing.abort();
      timers.forEach((timer) => clearInterval(timer));
      await Promise.all([listening, claiming, ...underWay]);
      await Promise.all([...inHand.values()].map((entry) => windDown(entry.task.id)));
    },

    inHand: () => inHand.size,
  };

  async function windDown(taskId: string): Promise<void> {
    const entry = inHand.get(taskId);
    if (entry === undefined) {
      return;
    }
    entry.hand.drop();
    await context.compute.stop({ taskId, epoch: entry.task.epoch }, { graceMs: context.times.stopGraceMs });
    await entry.done;
    await handBack(entry.task);
  }

  /** A running task goes back to the queue at once; a finalizing one keeps its lease, which its successor takes over. */
  async function handBack({ id: taskId, epoch, lease }: Task): Promise<void> {
    const row = await context.stores.tasks.find(taskId);
    if (
      row === null ||
      row.lease === null ||
      row.lease.number !== lease?.number ||
      row.epoch !== epoch ||
      (row.state !== 'RUNNING' && row.state !== 'HYDRATING')
    ) {
      return;
    }
    // A worker that was just being started when the wind-down began has not been stopped yet.
    await context.compute.stop({ taskId, epoch }, { graceMs: 0 });
    const now = context.clock.now();
    await context.stores.tasks.move({
      fence: { taskId, epoch, leaseNumber: row.lease.number },
      to: 'SUBMITTED',
      now,
      wait: {
        reason: 'backoff',
        wakeAt: now,
        note: 'Bosun was restarted; the task goes on from its last push',
        blockedOn: null,
      },
      event: {
        kind: 'task.attempt_lost',
        data: { why: 'restart', lostAttempts: row.lostAttempts, wakeAt: now.toISOString() },
      },
    });
  }
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
