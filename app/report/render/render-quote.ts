import { isTerminal } from '../../../protocol/index.ts';
import { describeQuote } from '../../budget/describe-quote.ts';
import type { LedgerTotals } from '../../store/stores.ts';
import type { ReportFacts } from '../report-facts.ts';
import { formatCount, formatDollars } from './format-facts.ts';
import { spentOf } from './render-cost.ts';

/** What was expected and, at the end, what it came to; nothing for tasks that were not quoted. */
export function renderQuote(facts: ReportFacts): string[] {
  const { task, totals } = facts;
  const { quote } = task.settings;
  const parts: string[] = [];
  if (quote !== undefined) {
    parts.push(`**Quote:** ${describeQuote(quote, task.budgetNano)}`);
  }
  if (isTerminal(task.state)) {
    parts.push(...(quote === undefined ? [] : [`It cost ${formatDollars(spentOf(facts))}.`]));
    const efficiency = tokensPerLine(totals, task.outcome?.linesChanged);
    parts.push(...(efficiency === null ? [] : [`${formatCount(efficiency)} tokens per changed line.`]));
  }
  return parts.length === 0 ? [] : [parts.join(' ')];
}

/** Tokens of the agent for each line that was added or removed: a figure to compare tasks by, and never a gate. */
export function tokensPerLine(totals: readonly LedgerTotals[], linesChanged: number | undefined): number | null {
  if (linesChanged === undefined || linesChanged === 0) {
    return null;
  }
  const tokens = totals
    .filter(({ purpose }) => purpose === 'work')
    .reduce(
      (sum, { usage }) => sum + usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
      0,
    );
  return tokens === 0 ? null : Math.round(tokens / linesChanged);
}
