import type { BudgetKey } from '../../task/scope.ts';
import { budgetScopes, scopeKey, type BudgetLimits, type ScopeAccount } from '../../budget/scopes.ts';
import { currentScopeOf } from '../rules/scope-of-key.ts';
import type { BudgetStore } from '../stores.ts';
import type { MemoryState } from './memory-state.ts';

export function createMemoryBudgets(state: MemoryState): BudgetStore {
  return {
    scopes: async (request) => scopesInMemory(state, request),
    current: async (request) =>
      [...state.scopes]
        .flatMap(([key, kept]) => {
          const scope = currentScopeOf(key, { ...request, capNano: kept.capNano });
          return scope === null ? [] : [{ ...scope, ...accountOf(state, key) }];
        })
        .toSorted((a, b) => (a.scope < b.scope ? -1 : 1)),
    markWarned: async (scope, now) => {
      const kept = state.scopes.get(scopeKey(scope));
      const first = kept !== undefined && kept.warnedAt === null;
      if (first) {
        kept.warnedAt = now;
      }
      return { first };
    },
  };
}

export function scopesInMemory(
  state: MemoryState,
  request: { repositoryId: number; now: Date; limits: BudgetLimits },
): ScopeAccount[] {
  return budgetScopes(request).map((scope) => ({ ...scope, ...accountOf(state, scopeKey(scope)) }));
}

type Account = Pick<ScopeAccount, 'reservedNano' | 'spentNano' | 'runningNano' | 'openedAt' | 'warnedAt'>;

function accountOf(state: MemoryState, key: BudgetKey): Account {
  const kept = state.scopes.get(key);
  return {
    reservedNano: kept?.reservedNano ?? 0,
    spentNano: kept?.spentNano ?? 0,
    runningNano: runningIn(state, key),
    openedAt: kept?.openedAt ?? null,
    warnedAt: kept?.warnedAt ?? null,
  };
}

function runningIn(state: MemoryState, key: BudgetKey): number {
  return [...state.attempts.values()]
    .filter(({ attempt, scopeKeys }) => attempt.endedAt === null && scopeKeys.includes(key))
    .reduce((sum, { attempt }) => sum + attempt.spentNano, 0);
}
