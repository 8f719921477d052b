import { slotKindOf, type BlockedOn, type SlotScope } from '../task/scope.ts';
import type { NanoUsd, Wait } from '../task/task.ts';
import { formatUsd } from './money.ts';
import { describeCap, leftOf, type BudgetLimits, type ScopeState } from './scopes.ts';

/** A concurrency scope and how full it is. */
export interface SlotFacts {
  readonly scope: SlotScope;
  readonly running: number;
  readonly limit: number;
}

export interface LimitFacts {
  readonly now: Date;
  readonly slots: readonly SlotFacts[];
  /** Shared budget scopes as they stand, and what the task would reserved in each. */
  readonly scopes: readonly ScopeState[];
  readonly neededNano: NanoUsd;
}

/** Why a task may not start yet; ready to be stored as its wait. */
export interface Refusal extends Wait {
  readonly start: false;
  readonly reason: 'slot' | 'budget';
  readonly blockedOn: BlockedOn;
}

/** A task stopped by a slot is woken when one is given back; this is how long a wake-up that went missing costs. */
const SLOT_RECHECK_MS = 10 * 60_000;

/**
 * Whether a task may start now: a free slot in every concurrency scope, and room for all it may spend in every budget
 * scope. Of several full budget scopes the one that resets last is named, because nothing happens before.
 */
export function decideLimits(facts: LimitFacts): { readonly start: true } | Refusal {
  const full = facts.slots.find((slot) => slot.running >= slot.limit);
  if (full !== undefined) {
    return {
      start: false,
      reason: 'slot',
      note: `${SLOT_LIMITS[slotKindOf(full.scope)]}: ${full.running} of ${full.limit} running`,
      blockedOn: full.scope,
      wakeAt: new Date(facts.now.getTime() + SLOT_RECHECK_MS),
    };
  }
  const short = facts.scopes
    .filter((scope) => leftOf(scope) < facts.neededNano)
    .toSorted((a, b) => b.resetsAt.getTime() - a.resetsAt.getTime())[0];
  if (short === undefined) {
    return { start: true };
  }
  return {
    start: false,
    reason: 'budget',
    note: describeScope(short, facts.neededNano),
    blockedOn: `budget:${short.scope}`,
    wakeAt: short.resetsAt,
  };
}

/** Whether a budget can ever be met. `note` names the cap that it exceeds, `mostNano` is what could be asked for. */
export function decideBudgetPossible(
  budgetNano: NanoUsd,
  limits: BudgetLimits,
): { readonly possible: true } | { readonly possible: false; readonly note: string; readonly mostNano: NanoUsd } {
  const caps = [
    { name: 'repository budget', per: 'a day', capNano: limits.repositoryDayNano },
    { name: 'repository budget', per: 'a month', capNano: limits.repositoryMonthNano },
    { name: 'server budget', per: 'a day', capNano: limits.serverDayNano },
  ].flatMap(({ capNano, ...cap }) => (capNano === null ? [] : [{ ...cap, capNano }]));
  const lowest = caps.toSorted((a, b) => a.capNano - b.capNano)[0];
  if (lowest === undefined || budgetNano <= lowest.capNano) {
    return { possible: true };
  }
  return {
    possible: false,
    note: `the ${lowest.name} is $${formatUsd(lowest.capNano)} ${lowest.per}`,
    mostNano: lowest.capNano,
  };
}

const SLOT_LIMITS = {
  server: 'limit on running tasks of this server',
  user: 'limit on running tasks of one person',
  repository: 'limit on running tasks of this repository',
} as const;

function describeScope(state: ScopeState, neededNano: NanoUsd): string {
  const numbers = `$${formatUsd(state.spentNano)} spent, $${formatUsd(state.reservedNano)} reserved, $${formatUsd(leftOf(state))} left`;
  return `${describeCap(state)}: ${numbers}; this task needs $${formatUsd(neededNano)}`;
}
