/** Where concurrent tasks are counted: the whole server, one person, one repository. */
export type SlotScope = 'server' | `user:${number}` | `repository:${number}`;

/** Where money is reserved and spent, in a period of its own. */
export type BudgetScopeName = 'server-day' | `repository-day:${number}` | `repository-month:${number}`;

/** The scope whose release wakes a waiting task early. */
export type BlockedOn = SlotScope | `budget:${BudgetScopeName}`;

/** A budget scope and its period, as they are stored: `repository-day:17@2026-11-21`. */
export type BudgetKey = `${BudgetScopeName}@${string}`;

export type BudgetScopeKind = 'server-day' | 'repository-day' | 'repository-month';

export function budgetKindOf(scope: BudgetScopeName): BudgetScopeKind {
  return scope.split(':')[0] as BudgetScopeKind;
}

export function slotKindOf(scope: SlotScope): 'server' | 'user' | 'repository' {
  return scope.split(':')[0] as 'server' | 'user' | 'repository';
}

export function splitBudgetKey(key: BudgetKey): { scope: BudgetScopeName; period: string } {
  const at = key.lastIndexOf('@');
  return { scope: key.slice(0, at) as BudgetScopeName, period: key.slice(at + 1) };
}
