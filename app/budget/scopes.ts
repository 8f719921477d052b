import { budgetKindOf, type BudgetKey, type BudgetScopeName } from '../task/scope.ts';
import type { NanoUsd } from '../task/task.ts';
import { formatUsd } from './money.ts';
import { periodsAt } from './periods.ts';

/** Caps of the shared scopes; null is no cap. Repository caps may be lowered by the repository's file. */
export interface BudgetLimits {
  /** IANA name; days and months begin at its midnight. */
  readonly timeZone: string;
  readonly serverDayNano: NanoUsd | null;
  readonly repositoryDayNano: NanoUsd | null;
  readonly repositoryMonthNano: NanoUsd | null;
}

/** A shared scope in its current period, and its cap. */
export interface BudgetScope {
  readonly scope: BudgetScopeName;
  /** `2026-11-21` or `2026-11`, in the time zone of the limits. */
  readonly period: string;
  readonly capNano: NanoUsd | null;
  readonly resetsAt: Date;
}

/** A scope as it stands. Money of running attempts counts as reserved until they end. */
export interface ScopeState extends BudgetScope {
  readonly reservedNano: NanoUsd;
  readonly spentNano: NanoUsd;
}

/** A scope with what is kept of its period, for those who look at it. */
export interface ScopeAccount extends ScopeState {
  /** The part of `reservedNano` that running attempts have spent. */
  readonly runningNano: NanoUsd;
  /** When money was first reserved in this period; null when none was, or an older version did it. */
  readonly openedAt: Date | null;
  /** When people were told that most of it is spent. */
  readonly warnedAt: Date | null;
}

/** Settled spend, that of running attempts included. */
export function spentOf(account: Pick<ScopeAccount, 'spentNano' | 'runningNano'>): NanoUsd {
  return account.spentNano + account.runningNano;
}

/** Set aside and not spent. */
export function reservedOf(account: Pick<ScopeAccount, 'reservedNano' | 'runningNano'>): NanoUsd {
  return account.reservedNano - account.runningNano;
}

/** `repository budget of $50.00 a day`. */
export function describeCap(state: Pick<ScopeState, 'scope' | 'capNano'>): string {
  const [owner, period] = budgetKindOf(state.scope).split('-');
  return `${owner} budget of $${formatUsd(state.capNano ?? 0)} a ${period}`;
}

/** The shared scopes a task of this repository draws on, sorted by name. */
export function budgetScopes(request: { repositoryId: number; now: Date; limits: BudgetLimits }): BudgetScope[] {
  const { repositoryId, now, limits } = request;
  const { day, month } = periodsAt(now, limits.timeZone);
  return [
    {
      scope: `repository-day:${repositoryId}`,
      period: day.name,
      capNano: limits.repositoryDayNano,
      resetsAt: day.endsAt,
    },
    {
      scope: `repository-month:${repositoryId}`,
      period: month.name,
      capNano: limits.repositoryMonthNano,
      resetsAt: month.endsAt,
    },
    { scope: 'server-day', period: day.name, capNano: limits.serverDayNano, resetsAt: day.endsAt },
  ];
}

/** What may still be reserved; infinite without a cap, never below zero. */
export function leftOf(state: Pick<ScopeState, 'capNano' | 'reservedNano' | 'spentNano'>): NanoUsd {
  return state.capNano === null
    ? Number.POSITIVE_INFINITY
    : Math.max(0, state.capNano - state.reservedNano - state.spentNano);
}

/** The cap that the limits set for a scope by its name; null for none. */
export function capOf(scope: BudgetScopeName, limits: BudgetLimits): NanoUsd | null {
  switch (budgetKindOf(scope)) {
    case 'server-day':
      return limits.serverDayNano;
    case 'repository-day':
      return limits.repositoryDayNano;
    case 'repository-month':
      return limits.repositoryMonthNano;
  }
}

/** What a scope and its period are stored under. */
export function scopeKey(scope: Pick<BudgetScope, 'scope' | 'period'>): BudgetKey {
  return `${scope.scope}@${scope.period}`;
}
