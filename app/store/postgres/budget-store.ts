import { budgetScopes, scopeKey } from '../../budget/scopes.ts';
import type { Database } from '../database.ts';
import type { BudgetStore } from '../stores.ts';

export function createBudgetStore(database: Database): BudgetStore {
  return {
    scopes: async (request) => {
      const scopes = budgetScopes(request);
      const rows = await database.query<{ key: string; reserved_nano: number; spent_nano: number }>({
        name: 'budget-scopes',
        text: 'select key, reserved_nano, spent_nano from budget_scope where key = any ($1)',
        values: [scopes.map(scopeKey)],
      });
      const kept = new Map(rows.map((row) => [row.key, row]));
      return scopes.map((scope) => ({
        ...scope,
        reservedNano: kept.get(scopeKey(scope))?.reserved_nano ?? 0,
        spentNano: kept.get(scopeKey(scope))?.spent_nano ?? 0,
      }));
    },
  };
}
