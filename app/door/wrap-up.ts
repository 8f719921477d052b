import type { NanoUsd, StopRequest } from '../task/task.ts';
import type { DoorOrders } from '../../protocol/index.ts';

const LEAST_SLICE: NanoUsd = 100_000_000;
const MOST_SLICE: NanoUsd = 1_000_000_000;

/** Money of an attempt as it stands. */
export interface AttemptMoney {
  readonly budgetNano: NanoUsd;
  readonly spentNano: NanoUsd;
}

/** Reserved until the agent was asked to wrap up: 5 % of the budget, 0.10 to 1 USD, and never more than a quarter. */
export function wrapUpSlice(budgetNano: NanoUsd): NanoUsd {
  const slice = Math.min(MOST_SLICE, Math.max(LEAST_SLICE, Math.floor(budgetNano / 20)));
  return Math.min(slice, Math.floor(budgetNano / 4));
}

/** Whether the agent should come to an end: 95 % are spent, or only the slice is left. */
export function shouldWrapUp(money: AttemptMoney): boolean {
  if (money.spentNano === 0) {
    return false;
  }
  return warningPercent(money) === 95 || money.budgetNano - money.spentNano <= wrapUpSlice(money.budgetNano);
}

/** The highest of the two warnings that this spend has crossed. */
export function warningPercent({ budgetNano, spentNano }: AttemptMoney): 0 | 80 | 95 {
  if (spentNano === 0) {
    return 0;
  }
  if (spentNano * 100 >= budgetNano * 95) {
    return 95;
  }
  return spentNano * 100 >= budgetNano * 80 ? 80 : 0;
}

/** What the worker is to do now. A person's wish goes before money. */
export function decideOrders(facts: {
  stop: StopRequest | null;
  money: AttemptMoney;
  askedToWrapUp: boolean;
}): DoorOrders {
  if (facts.stop !== null) {
    return { order: 'stop' };
  }
  return { order: facts.askedToWrapUp || shouldWrapUp(facts.money) ? 'wrap_up' : 'continue' };
}
