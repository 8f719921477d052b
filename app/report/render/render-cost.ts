import { noteUnsettled } from '../../budget/money.ts';
import type { LedgerTotals } from '../../store/stores.ts';
import type { NanoUsd } from '../../task/task.ts';
import type { ReportFacts } from '../report-facts.ts';
import { codeSpan } from './escape-text.ts';
import { formatCount, formatDollars } from './format-facts.ts';

const MAX_ROWS = 12;

/** What the task has cost until now, over all attempts. */
export function spentOf({ task, totals }: ReportFacts): NanoUsd {
  // The row is settled when an attempt ends; while one runs the ledger is ahead of it.
  return Math.max(
    task.spentNano,
    totals.reduce((sum, total) => sum + total.costNano, 0),
  );
}

/** `**$0.42** of $5.00`, and what may still be added to it. */
export function renderSpent(facts: ReportFacts): string {
  const { task } = facts;
  return `**${formatDollars(spentOf(facts))}** of ${formatDollars(task.budgetNano)}${noteUnsettled(task)}`;
}

/** What is left of the task's budget, whatever is still to be charged. */
export function renderLeft(facts: ReportFacts): string {
  const { budgetNano, unsettledNano } = facts.task;
  return `${formatDollars(Math.max(0, budgetNano - spentOf(facts) - unsettledNano))} left`;
}

/** A table of requests, tokens and cost by purpose and model; empty before the first request. */
export function renderCostTable(totals: readonly LedgerTotals[]): string {
  if (totals.length === 0) {
    return '';
  }
  const rows = [...totals].sort((one, other) => other.costNano - one.costNano);
  return [
    '| Model | Requests | Input | Output | Cache write | Cache read | Cost |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...rows.slice(0, MAX_ROWS).map(renderRow),
  ].join('\n');
}

function renderRow({ model, purpose, requests, usage, costNano }: LedgerTotals): string {
  const counts = [requests, usage.inputTokens, usage.outputTokens, usage.cacheWriteTokens, usage.cacheReadTokens];
  const name = codeSpan(model, 80).replaceAll('|', '/');
  return `| ${name}${purpose === 'work' ? '' : ` (${purpose})`} | ${counts.map(formatCount).join(' | ')} | ${formatDollars(costNano)} |`;
}
