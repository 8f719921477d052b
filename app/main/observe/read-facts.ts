import { percentSpent } from '../../budget/decide-warnings.ts';
import { reservedOf, leftOf, spentOf, type BudgetLimits, type ScopeAccount } from '../../budget/scopes.ts';
import type { Stores } from '../../store/stores.ts';
import type { MeteredFacts } from '../../telemetry/metrics.ts';
import { systemClock } from '../system.ts';

/** What metrics read from rows at a scrape. */
export async function readFacts(
  stores: Pick<Stores, 'queueStats' | 'budgets' | 'tasks' | 'inbox'>,
  limits: BudgetLimits,
): Promise<MeteredFacts> {
  const [standing, accounts, oldestReadyAt, oldestUnroutedAt] = await Promise.all([
    stores.queueStats.read(),
    stores.budgets.current({ now: systemClock.now(), limits }),
    stores.tasks.oldestReady(),
    stores.inbox.oldestUnrouted(),
  ]);
  const { deliveries, live, messages, reports, waits } = standing;
  const byKind = Map.groupBy(accounts, ({ scope }) => scope.split(':')[0] ?? scope);
  const budgets = [...byKind].map(([scope, alike]) => ({ scope, ...sumUp(alike) }));
  return { live, waits, queues: { deliveries, messages, reports }, budgets, oldestReadyAt, oldestUnroutedAt };
}

function sumUp(accounts: readonly ScopeAccount[]): Omit<MeteredFacts['budgets'][number], 'scope'> {
  const capped = accounts.filter(({ capNano }) => capNano !== null);
  return {
    spentNano: accounts.reduce((sum, account) => sum + spentOf(account), 0),
    reservedNano: accounts.reduce((sum, account) => sum + reservedOf(account), 0),
    leastLeftNano: capped.length === 0 ? null : Math.min(...capped.map(leftOf)),
    mostSpentRatio: capped.length === 0 ? null : Math.max(...capped.map(percentSpent)) / 100,
  };
}
