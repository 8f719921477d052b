import type { Quote } from '../task/quote.ts';
import type { NanoUsd } from '../task/task.ts';
import { formatUsd } from './money.ts';

const BASES: Readonly<Record<Quote['basis'], string>> = {
  same: 'of this type, size and tier in this repository',
  repository: 'of this type in this repository',
  server: 'of this type on this server',
};

/** A quote as a sentence; without history, the ceiling. The budget is one in any case. */
export function describeQuote(quote: Quote | null, budgetNano: NanoUsd): string {
  if (quote === null) {
    return `No history yet; at most $${formatUsd(budgetNano)}.`;
  }
  const { basis, p50Nano, p90Nano, tasks, widened } = quote;
  const note = widened === true ? ' It was widened, because earlier quotes were too low.' : '';
  return `Usually $${formatUsd(p50Nano)}, up to $${formatUsd(Math.min(p90Nano, budgetNano))} in 9 of 10 cases (${tasks} tasks ${BASES[basis]}); at most $${formatUsd(budgetNano)}.${note}`;
}
