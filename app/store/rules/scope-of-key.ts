import { budgetScopes, capOf, type BudgetLimits, type BudgetScope, type ScopeState } from '../../budget/scopes.ts';
import type { NanoUsd } from '../../task/task.ts';

/**
 * The state of a scope by its stored key, which may belong to a period that is over: an attempt stays with the periods
 * in which it began. `resetsAt` is the end of the current period.
 */
export function scopeStateOf(
  key: string,
  facts: { limits: BudgetLimits; now: Date; reservedNano: NanoUsd; spentNano: NanoUsd },
): ScopeState {
  const at = key.lastIndexOf('@');
  const scope = key.slice(0, at);
  const current = budgetScopes({ repositoryId: '*', now: facts.now, limits: facts.limits });
  const alike = current.find((one) => one.scope.split(':')[0] === scope.split(':')[0]);
  return {
    scope,
    period: key.slice(at + 1),
    capNano: capOf(scope, facts.limits),
    reservedNano: facts.reservedNano,
    spentNano: facts.spentNano,
    resetsAt: alike?.resetsAt ?? facts.now,
  };
}

/** The scope of a stored key under the cap that its last claim kept; null when its period is not the current one. */
export function currentScopeOf(
  key: string,
  facts: { limits: BudgetLimits; now: Date; capNano: NanoUsd | null },
): BudgetScope | null {
  const { scope, period, resetsAt } = scopeStateOf(key, { ...facts, reservedNano: 0, spentNano: 0 });
  const current = budgetScopes({ repositoryId: '*', now: facts.now, limits: facts.limits });
  const isCurrent = current.some((one) => one.scope.split(':')[0] === scope.split(':')[0] && one.period === period);
  return isCurrent ? { scope, period, resetsAt, capNano: facts.capNano } : null;
}
