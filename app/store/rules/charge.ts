import type { NanoUsd } from '../../task/task.ts';

/**
 * Splits a cost into what is charged to the budgets and what goes beyond the upper bound that was reserved. The second
 * is zero unless the bound was wrong; it is recorded, and never breaks spent + reserved <= budget.
 */
export function splitCost(costNano: NanoUsd, upperNano: NanoUsd): { chargedNano: NanoUsd; overrunNano: NanoUsd } {
  const chargedNano = Math.min(Math.max(0, costNano), upperNano);
  return { chargedNano, overrunNano: Math.max(0, costNano) - chargedNano };
}

/** Whether a request may be drawn: in full, only for wrapping up, or not at all. */
export function decideDraw(
  attempt: { readonly budgetNano: NanoUsd; readonly spentNano: NanoUsd; readonly inflightNano: NanoUsd },
  request: { readonly upperNano: NanoUsd; readonly keepNano: NanoUsd },
): 'draw' | 'wrap_up' | 'exhausted' {
  const leftNano = attempt.budgetNano - attempt.spentNano - attempt.inflightNano;
  if (request.upperNano > leftNano) {
    return 'exhausted';
  }
  return request.upperNano > leftNano - request.keepNano ? 'wrap_up' : 'draw';
}
