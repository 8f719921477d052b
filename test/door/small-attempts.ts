import { createHash } from 'node:crypto';
import type { DoorAttempts } from '../../app/door/door-options.ts';
import type { DoorSession, Usage } from '../../app/store/stores.ts';
import { sampleTask } from './sample-task.ts';
import type { Attempt, StopRequest, Task } from '../../app/task/task.ts';

export interface AttemptWorld {
  readonly attempts: DoorAttempts;
  readonly token: string;
  attempt(): Promise<Attempt>;
  /** What was settled so far, in order. */
  readonly settled: { costNano: number; usage: Usage }[];
  readonly warned: number[];
  /** Waits for the next settlement. */
  nextSettlement(): Promise<void>;
  makeStale(): void;
  requestStop(): void;
  /** From now on the store throws. */
  breakDown(): void;
  setBudget(nano: number): void;
}

export const TOKEN = 'door-token-0123456789-0123456789-0123456789';

export function createSmallAttempts(budgetNano: number): AttemptWorld {
  let attempt = freshAttempt(budgetNano);
  let current = true;
  let broken = false;
  let stop: StopRequest | null = null;
  const flying = new Map<string, number>();
  const settled: { costNano: number; usage: Usage }[] = [];
  const warned: number[] = [];
  let waiters: (() => void)[] = [];

  function patch(change: Partial<Attempt>): void {
    attempt = { ...attempt, ...change };
  }
  function check(): void {
    if (broken) {
      throw new Error('the store is down');
    }
  }

  const attempts: DoorAttempts = {
    async findByToken(sha) {
      check();
      const session: DoorSession = { task: freshTask(attempt, stop), attempt, current };
      return sha === attempt.tokenSha256 ? session : null;
    },
    async heartbeat({ now }) {
      check();
      patch({ heartbeatAt: now });
      return { current, stop };
    },
    async progress({ progress, now }) {
      check();
      patch({ progress, progressAt: now });
      return { current };
    },
    async finish({ result }) {
      check();
      patch({ result });
      return { current };
    },
    async warn({ percent }) {
      check();
      const first = !warned.includes(percent);
      warned.push(percent);
      return { first };
    },
    async draw({ requestId, upperNano, keepNano }) {
      check();
      const leftNano = attempt.budgetNano - attempt.spentNano - attempt.inflightNano;
      if (!current) {
        return { drawn: false, why: 'stale' };
      }
      if (upperNano > leftNano - keepNano) {
        return { drawn: false, why: upperNano > leftNano ? 'exhausted' : 'wrap_up', leftNano };
      }
      flying.set(requestId, upperNano);
      patch({ inflightNano: attempt.inflightNano + upperNano, modelCalls: attempt.modelCalls + 1 });
      return { drawn: true, reservationId: requestId, leftNano: leftNano - upperNano };
    },
    async settle({ requestId, costNano, usage }) {
      check();
      const upper = flying.get(requestId);
      if (upper === undefined) {
        return { settled: false };
      }
      flying.delete(requestId);
      patch({ inflightNano: attempt.inflightNano - upper, spentNano: attempt.spentNano + costNano });
      settled.push({ costNano, usage });
      waiters.forEach((wake) => wake());
      waiters = [];
      return { settled: true };
    },
  };

  return {
    attempts,
    token: TOKEN,
    attempt: async () => attempt,
    settled,
    warned,
    nextSettlement: () => new Promise((resolve) => waiters.push(resolve)),
    makeStale: () => {
      current = false;
    },
    requestStop: () => {
      stop = { kind: 'cancel', by: { id: 1, login: 'ada' }, at: new Date(0) };
    },
    breakDown: () => {
      broken = true;
    },
    setBudget: (nano) => patch({ budgetNano: nano }),
  };
}

function freshAttempt(budgetNano: number): Attempt {
  return {
    taskId: sampleTask({ budgetNano }).id,
    epoch: 1,
    tokenSha256: createHash('sha256').update(TOKEN).digest('hex'),
    budgetNano,
    spentNano: 0,
    inflightNano: 0,
    modelCalls: 0,
    startSha: null,
    gateBaseSha: null,
    startedAt: new Date(0),
    heartbeatAt: null,
    progressAt: null,
    progress: null,
    result: null,
    endedAt: null,
  };
}

function freshTask(attempt: Attempt, stop: StopRequest | null): Task {
  return {
    ...sampleTask({ budgetNano: attempt.budgetNano }),
    state: 'RUNNING',
    epoch: 1,
    lostAttempts: 0,
    lease: null,
    wait: null,
    stop,
    spentNano: attempt.spentNano,
    baseBranch: 'main',
    baseSha: null,
    publication: { headSha: null, pullNumber: null, pullUrl: null, checkRunId: null },
    outcome: null,
    failure: null,
    revision: 1,
    createdAt: new Date(0),
    startedAt: null,
    finishedAt: null,
  };
}
