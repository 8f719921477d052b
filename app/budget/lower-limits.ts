import type { NanoUsd, RepositoryLimits } from '../task/task.ts';
import type { BudgetLimits } from './scopes.ts';

/** The caps that hold for a repository: its own file may lower the server's, never raise them. */
export function lowerLimits(
  server: BudgetLimits,
  own: Pick<RepositoryLimits, 'dayNano' | 'monthNano'> | null,
): BudgetLimits {
  return {
    ...server,
    repositoryDayNano: lower(server.repositoryDayNano, own?.dayNano ?? null),
    repositoryMonthNano: lower(server.repositoryMonthNano, own?.monthNano ?? null),
  };
}

function lower(a: NanoUsd | null, b: NanoUsd | null): NanoUsd | null {
  if (a === null || b === null) {
    return a ?? b;
  }
  return Math.min(a, b);
}
