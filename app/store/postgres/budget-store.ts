import { budgetScopes, scopeKey, type ScopeAccount } from '../../budget/scopes.ts';
import type { BudgetKey } from '../../task/scope.ts';
import type { Database } from '../database.ts';
import { currentScopeOf } from '../rules/scope-of-key.ts';
import type { BudgetStore } from '../stores.ts';

export function createBudgetStore(database: Database): BudgetStore {
  return {
    scopes: async (request) => {
      const scopes = budgetScopes(request);
      const rows = await database.query<AccountRow>({
        name: 'budget-scopes',
        text: `select ${ACCOUNT} from budget_scope b where b.key = any ($1)`,
        values: [scopes.map(scopeKey)],
      });
      const kept = new Map(rows.map((row) => [row.key, row]));
      return scopes.map((scope) => ({ ...scope, ...toAccount(kept.get(scopeKey(scope)) ?? null) }));
    },

    current: async (request) => {
      const periods = new Set(budgetScopes({ repositoryId: 0, ...request }).map((scope) => scope.period));
      const rows = await database.query<AccountRow>({
        name: 'budget-current',
        text: `select ${ACCOUNT} from budget_scope b where split_part(b.key, '@', 2) = any ($1)
          order by split_part(b.key, '@', 1) collate "C"`,
        values: [[...periods]],
      });
      return rows.flatMap((row) => {
        const scope = currentScopeOf(row.key, { ...request, capNano: row.cap_nano });
        return scope === null ? [] : [{ ...scope, ...toAccount(row) }];
      });
    },

    markWarned: async (scope, now) => {
      const rows = await database.query({
        name: 'budget-warned',
        text: 'update budget_scope set warned_at = $2 where key = $1 and warned_at is null returning key',
        values: [scopeKey(scope), now],
      });
      return { first: rows.length > 0 };
    },
  };
}

interface AccountRow {
  readonly key: BudgetKey;
  readonly cap_nano: number | null;
  readonly reserved_nano: number;
  readonly spent_nano: number;
  readonly running_nano: number;
  readonly opened_at: Date | null;
  readonly warned_at: Date | null;
}

// The live attempts are as few as the server has places, and have an index of their own.
const ACCOUNT = `b.key, b.cap_nano, b.reserved_nano, b.spent_nano, b.opened_at, b.warned_at,
  coalesce((select sum(a.spent_nano) from attempt a where a.ended_at is null and b.key = any (a.scope_keys)), 0)::bigint
    as running_nano`;

function toAccount(
  row: AccountRow | null,
): Pick<ScopeAccount, 'reservedNano' | 'spentNano' | 'runningNano' | 'openedAt' | 'warnedAt'> {
  return {
    reservedNano: row?.reserved_nano ?? 0,
    spentNano: row?.spent_nano ?? 0,
    runningNano: row?.running_nano ?? 0,
    openedAt: row?.opened_at ?? null,
    warnedAt: row?.warned_at ?? null,
  };
}
