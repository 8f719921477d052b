import { budgetScopes, capOf, type BudgetLimits, type BudgetScope, type ScopeState } from '../../budget/scopes.ts';
import { budgetKindOf, splitBudgetKey, type BudgetKey, type BudgetScopeName } from '../../task/scope.ts';
import type { NanoUsd } from '../../task/task.ts';

/**
 * The state of a scope by its stored key, which may belong to a period that is over: an attempt stays with the periods
 * in which it began. `resetsAt` is the end of the current period.
 */
export function scopeStateOf(
  key: BudgetKey,
  facts: { limits: BudgetLimits; now: Date; reservedNano: NanoUsd; spentNano: NanoUsd },
): ScopeState {
  const { scope, period } = splitBudgetKey(key);
  const current = findCurrent(scope, facts);
  return {
    scope,
    period,
    capNano: capOf(scope, facts.limits),
    reservedNano: facts.reservedNano,
    spentNano: facts.spentNano,
    resetsAt: current?.resetsAt ?? facts.now,
  };
}

/** The scope of a stored key under the cap that its last claim kept; null when its period is not the current one. */
export function currentScopeOf(
  key: BudgetKey,
  facts: { limits: BudgetLimits; now: Date; capNano: NanoUsd | null },
): BudgetScope | null {
  const { scope, period, resetsAt } = scopeStateOf(key, { ...facts, reservedNano: 0, spentNano: 0 });
  return findCurrent(scope, facts)?.period === period ? { scope, period, resetsAt, capNano: facts.capNano } : null;
}

/** The scope of this kind in its current period; periods do not depend on the repository. */
function findCurrent(scope: BudgetScopeName, facts: { limits: BudgetLimits; now: Date }): BudgetScope | undefined {
  const current = budgetScopes({ repositoryId: 0, ...facts });
  return current.find((one) => budgetKindOf(one.scope) === budgetKindOf(scope));
}
