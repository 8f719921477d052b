import type { NanoUsd } from '../task/task.ts';
import { decideBudgetPossible } from './decide-limits.ts';
import { formatUsd, wholeCents } from './money.ts';
import { leftOf, type BudgetLimits, type ScopeState } from './scopes.ts';

export interface TopUpFacts {
  readonly budgetNano: NanoUsd;
  readonly spentNano: NanoUsd;
  /** What one task may spend on this server; null without a cap. */
  readonly taskCapNano: NanoUsd | null;
  readonly limits: BudgetLimits;
}

/** The most that can be added to a task so that it can still be met one day, and what stands in the way of more. */
export function decideTopUp(facts: TopUpFacts): { readonly mostNano: NanoUsd; readonly note: string | null } {
  const { budgetNano, limits, spentNano, taskCapNano } = facts;
  const leftNano = budgetNano - spentNano;
  const widest = decideBudgetPossible(Number.POSITIVE_INFINITY, limits);
  const caps = [
    ...(taskCapNano === null
      ? []
      : [
          {
            note: `one task on this server may spend at most $${formatUsd(taskCapNano)}`,
            mostNano: taskCapNano - budgetNano,
          },
        ]),
    ...(widest.possible ? [] : [{ note: widest.note, mostNano: widest.mostNano - leftNano }]),
  ];
  const tightest = caps.toSorted((a, b) => a.mostNano - b.mostNano)[0];
  return tightest ?? { mostNano: Number.POSITIVE_INFINITY, note: null };
}

const USUAL_NANO: NanoUsd = 5_000_000_000;

/**
 * What to suggest to someone who wants to add money: five dollars, or less where only that fits, in whole cents. A
 * running task takes it out of the shared scopes at once, so there it has to fit into what they have left (`running`).
 * Null when nothing fits.
 */
export function suggestTopUp(facts: TopUpFacts, running: readonly ScopeState[] | null): NanoUsd | null {
  const rooms = (running ?? []).map(leftOf);
  const mostNano = wholeCents(Math.min(USUAL_NANO, decideTopUp(facts).mostNano, ...rooms));
  return mostNano > 0 ? mostNano : null;
}
