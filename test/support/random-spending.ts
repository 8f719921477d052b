import type { Arbitrary } from 'fast-check';
import * as fc from 'fast-check';

import type { ClaimLimits, Stores } from '../../app/store/stores.ts';
import type { Task } from '../../app/task/task.ts';
import { sampleTask, usd } from '../contract/stores/store-harness.ts';

/** One thing that happens to money. Numbers choose among what is there, so that any sequence makes sense. */
export type MoneyAct =
  | { readonly do: 'begin'; readonly repository: number; readonly user: number; readonly budgetCents: number }
  | { readonly do: 'draw'; readonly which: number; readonly upperCents: number; readonly keepCents: number }
  | { readonly do: 'settle'; readonly which: number; readonly percent: number }
  | { readonly do: 'end'; readonly which: number; readonly to: 'FAILED' | 'SUBMITTED' }
  | { readonly do: 'raise'; readonly which: number; readonly cents: number }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'wake' }
  | { readonly do: 'time'; readonly minutes: number };

const which = fc.nat(1_000);

/** Requests may cost up to twice their bound: a wrong bound must not break a budget either. */
export const MONEY_ACT: Arbitrary<MoneyAct> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('begin'),
      repository: fc.integer({ min: 1, max: 3 }),
      user: fc.integer({ min: 1, max: 2 }),
      budgetCents: fc.integer({ min: 1, max: 600 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('draw'),
      which,
      upperCents: fc.integer({ min: 0, max: 300 }),
      keepCents: fc.integer({ min: 0, max: 20 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('settle'), which, percent: fc.integer({ min: 0, max: 200 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('end'), which, to: fc.constantFrom('FAILED', 'SUBMITTED') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('raise'), which, cents: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel'), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wake') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('time'), minutes: fc.integer({ min: 1, max: 300 }) }) },
);

export interface MoneyWorld {
  readonly stores: Stores;
  readonly limits: ClaimLimits;
  /** Shared by all players; moved on by their acts, so that stories run over midnight. */
  readonly clock: { now: Date };
}

/** Carries acts out on the stores. Ids begin with the name of the player; what one began another may continue with. */
export function createMoneyPlayer(world: MoneyWorld, player: string): (act: MoneyAct) => Promise<void> {
  const { clock, limits, stores } = world;
  const drawn: { id: string; upperNano: number }[] = [];
  let made = 0;

  async function pick(states: readonly Task['state'][], which: number): Promise<Task | undefined> {
    const tasks = await stores.tasks.list({ states, limit: 20 });
    return tasks[which % Math.max(1, tasks.length)];
  }

  return async function play(act) {
    const { now } = clock;
    made += 1;
    switch (act.do) {
      case 'begin': {
        const { budgetCents, repository, user } = act;
        const id = `${player}${String(made).padStart(5, '0')}`;
        const task = sampleTask(id, { repository, user, number: made % 7, budgetNano: usd(budgetCents / 100) });
        await stores.tasks.admit({ task, semanticKey: id, now, rate: { perUserPerHour: 1_000 }, outbox: [] });
        await stores.tasks.claim({ owner: player, now, leaseMs: 30_000, limits });
        return;
      }
      case 'draw': {
        const task = await pick(['HYDRATING', 'RUNNING'], act.which);
        if (task !== undefined) {
          const requestId = `${player}/${made}`;
          const upperNano = usd(act.upperCents / 100);
          drawn.push({ id: requestId, upperNano });
          const request = { taskId: task.id, epoch: task.epoch, requestId, model: 'm', upperNano, now };
          await stores.attempts.draw({ ...request, keepNano: usd(act.keepCents / 100) });
        }
        return;
      }
      case 'settle': {
        const request = drawn[act.which % Math.max(1, drawn.length)];
        if (request !== undefined) {
          const usage = { inputTokens: 1, outputTokens: 1, cacheWriteTokens: 0, cacheReadTokens: 0 };
          const costNano = Math.round((request.upperNano * act.percent) / 100);
          await stores.attempts.settle({ requestId: request.id, costNano, usage, now });
        }
        return;
      }
      case 'end':
        return end(await pick(['HYDRATING', 'RUNNING', 'FINALIZING'], act.which), act.to);
      case 'raise': {
        const task = await pick(['SUBMITTED', 'HYDRATING', 'RUNNING', 'FINALIZING'], act.which);
        const request = { key: `${player}/${made}`, addNano: usd(act.cents / 100), by: { id: 1, login: 'someone' } };
        await (task && stores.tasks.raiseBudget({ ...request, taskId: task.id, now, limits: limits.budgets }));
        return;
      }
      case 'cancel': {
        const task = await pick(['SUBMITTED'], act.which);
        const stop = { kind: 'cancel' as const, by: { id: 1, login: 'someone' }, at: now };
        await (task && stores.tasks.requestStop({ taskId: task.id, stop, now }));
        return;
      }
      case 'wake':
        await stores.tasks.wakeDue(now);
        await stores.tasks.claim({ owner: player, now, leaseMs: 30_000, limits });
        return;
      case 'time':
        clock.now = new Date(now.getTime() + act.minutes * 60_000);
    }
  };

  async function end(task: Task | undefined, to: 'FAILED' | 'SUBMITTED'): Promise<void> {
    if (task === undefined) {
      return;
    }
    const { now } = clock;
    const fence = { taskId: task.id, epoch: task.epoch, leaseNumber: task.lease?.number ?? 0 };
    const wait = { reason: 'backoff' as const, wakeAt: now, note: null, blockedOn: null };
    await stores.tasks.move({
      fence,
      to,
      now,
      event: { kind: 'task.note', data: { note: 'a test' } },
      ...(to === 'SUBMITTED' ? { wait } : {}),
    });
  }
}
