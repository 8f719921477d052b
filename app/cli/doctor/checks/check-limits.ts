import { formatUsd } from '../../../budget/money.ts';
import { formatDuration } from '../../../config/quantities.ts';
import type { NanoUsd } from '../../../task/task.ts';
import { ok, type Check, type Examined } from '../check.ts';

/** Budgets and other caps as they hold; nothing to go wrong here, but operators should have seen them. */
export function showLimits({ config }: Pick<Examined, 'config'>): Check[] {
  const { limits, defaults } = config;
  const { budgets, concurrency } = limits;
  const money = [
    `task ${cap(defaults.taskBudgetNano)}${limits.taskBudgetNano === null ? '' : ` (at most ${cap(limits.taskBudgetNano)})`}`,
    `repository ${cap(budgets.repositoryDayNano)} a day and ${cap(budgets.repositoryMonthNano)} a month`,
    `server ${cap(budgets.serverDayNano)} a day (${budgets.timeZone})`,
  ];
  const work = [
    `${concurrency.server} tasks at once`,
    `${concurrency.repository} a repository`,
    `${concurrency.user} a person`,
    `${limits.tasksPerUserPerHour} an hour a person`,
    `${formatDuration(defaults.timeoutMs)} each, at most ${formatDuration(limits.maxTimeoutMs)}`,
  ];
  return [ok('budgets', money.join('; ')), ok('limits', work.join(', '))];
}

function cap(nano: NanoUsd | null): string {
  return nano === null ? 'without a cap' : `$${formatUsd(nano)}`;
}
