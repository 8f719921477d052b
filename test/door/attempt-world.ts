import { createHash } from 'node:crypto';
import type { DoorAttempts } from '../../app/door/door-options.ts';
import { createMemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { CheckStore } from '../../app/store/checks.ts';
import type { LedgerTotals, Usage } from '../../app/store/stores.ts';
import type { Fence } from '../../app/task/fence.ts';
import type { Attempt } from '../../app/task/attempt.ts';
import type { TaskSettings } from '../../app/task/task.ts';
import { sampleTask } from './sample-task.ts';

export const TOKEN = 'door-token-0123456789-0123456789-0123456789';

/** One task with one attempt that a worker's token belongs to, in real stores. */
export interface AttemptWorld {
  readonly attempts: DoorAttempts;
  readonly checks: CheckStore;
  /** Opens the check session of the attempt, with `TOKEN` as its token from then on. */
  openChecks(names: readonly string[]): Promise<void>;
  attempt(): Promise<Attempt>;
  readonly stores: ReturnType<typeof createMemoryStores>;
  totals(): Promise<LedgerTotals[]>;
  running(): Promise<{ task: { id: string }; epoch: number }>;
  /** What the door settled so far, in order, and what it had reserved for it. */
  readonly settled: { costNano: number; upperNano: number; usage: Usage }[];
  /** Percentages the store was told of first. */
  readonly warned: number[];
  /** Resolves with the next settlement. */
  nextSettlement(): Promise<void>;
  /** Ends the attempt. */
  makeStale(): Promise<void>;
  requestStop(): Promise<void>;
  /** From now on the store throws. */
  breakDown(): void;
  /** What another process does for one that died: settles at the bound what it left in flight. */
  settleOrphans(): Promise<number>;
}

export const NO_LIMITS = {
  concurrency: { repository: 9, user: 9, server: 9 },
  budgets: { timeZone: 'UTC', serverDayNano: null, repositoryDayNano: null, repositoryMonthNano: null },
};

export async function openAttempt(budgetNano: number, settings: Partial<TaskSettings> = {}): Promise<AttemptWorld> {
  const stores = createMemoryStores();
  const { tasks, attempts, checks } = stores;
  const sample = sampleTask({ budgetNano });
  const task = { ...sample, settings: { ...sample.settings, ...settings } };
  const now = new Date();
  await tasks.admit({ task, semanticKey: 'one', now, rate: { perUserPerHour: 9 }, outbox: [] });
  const claimed = await tasks.claim({ owner: 'test', now, leaseMs: 600_000, limits: NO_LIMITS });
  if (claimed === null) {
    throw new Error('the task was not claimed');
  }
  const at = { taskId: task.id, epoch: claimed.attempt.epoch };
  const fence: Fence = { ...at, leaseNumber: claimed.task.lease?.number ?? 0 };
  const tokenSha256 = createHash('sha256').update(TOKEN).digest('hex');
  const sha = 'a'.repeat(40);
  await tasks.record({
    fence,
    now,
    patch: {},
    attempt: { tokenSha256, startSha: sha, gateBaseSha: sha, outsiders: [] },
  });

  const settled: AttemptWorld['settled'] = [];
  const warned: number[] = [];
  const upper = new Map<string, number>();
  let waiters: (() => void)[] = [];
  let broken = false;

  /** The store itself, which can be made to fail and tells what passed. */
  function guard<Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) {
    return async (...args: Args): Promise<Result> => {
      if (broken) {
        throw new Error('the store is down');
      }
      return work(...args);
    };
  }

  return {
    attempts: {
      findByToken: guard(attempts.findByToken),
      heartbeat: guard(attempts.heartbeat),
      progress: guard(attempts.progress),
      finish: guard(attempts.finish),
      finishPrepare: guard(attempts.finishPrepare),
      warn: guard(async (request) => {
        const answer = await attempts.warn(request);
        warned.push(...(answer.first ? [request.percent] : []));
        return answer;
      }),
      draw: guard(async (request) => {
        upper.set(request.requestId, request.upperNano);
        return attempts.draw(request);
      }),
      settle: guard(async (request) => {
        const answer = await attempts.settle(request);
        const { costNano, usage } = request;
        settled.push({ costNano, usage, upperNano: upper.get(request.requestId) ?? 0 });
        waiters.forEach((wake) => wake());
        waiters = [];
        return answer;
      }),
    },
    checks,
    openChecks: async (names) => {
      const session = { at: 'head' as const, commit: sha, try: 1, names };
      await checks.open({ fence, session, tokenSha256, now });
    },
    attempt: async () => {
      const attempt = await attempts.find(at);
      if (attempt === null) {
        throw new Error('the attempt is gone');
      }
      return attempt;
    },
    settled,
    stores,
    totals: () => attempts.totals(task.id),
    running: async () => ({ task, epoch: at.epoch }),
    warned,
    nextSettlement: () => new Promise((resolve) => waiters.push(resolve)),
    makeStale: async () => {
      const moved = await tasks.move({ fence, to: 'FAILED', now: new Date(), event: { kind: 'task.ended', data: {} } });
      if (!moved.moved) {
        throw new Error('the attempt did not end');
      }
    },
    requestStop: async () => {
      await tasks.requestStop({
        taskId: task.id,
        stop: { kind: 'cancel', by: { id: 1, login: 'ada' }, at: now },
        now,
      });
    },
    breakDown: () => {
      broken = true;
    },
    settleOrphans: () => {
      const later = new Date(Date.now() + 60_000);
      return attempts.settleOrphans({ olderThan: later, now: later });
    },
  };
}
