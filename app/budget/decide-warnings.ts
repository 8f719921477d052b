import type { ScopeAccount } from './scopes.ts';
import { spentOf } from './scopes.ts';

/** The share of a shared budget at which people are told, before tasks begin to wait for it. */
export const WARN_AT_PERCENT = 80;

/**
 * The scopes of which so much is spent that people should hear of it and have not yet. Money that is only reserved does
 * not count: most tasks give most of theirs back.
 */
export function decideWarnings(accounts: readonly ScopeAccount[]): ScopeAccount[] {
  return accounts.filter((account) => account.warnedAt === null && isNearlySpent(account));
}

export function isNearlySpent(account: Pick<ScopeAccount, 'capNano' | 'spentNano' | 'runningNano'>): boolean {
  return account.capNano !== null && account.capNano > 0 && percentSpent(account) >= WARN_AT_PERCENT;
}

/** Whole percent of the cap that is spent, rounded down; 0 without a cap. */
export function percentSpent(account: Pick<ScopeAccount, 'capNano' | 'spentNano' | 'runningNano'>): number {
  return account.capNano === null || account.capNano === 0 ? 0 : Math.floor((spentOf(account) / account.capNano) * 100);
}
