import { parseServerConfig, type ServerConfig } from '../../../app/config/server-config.ts';
import { usdToNano } from '../../../app/budget/money.ts';

const parsed = parseServerConfig({});
if (!parsed.ok) {
  throw new Error(parsed.problems.map((problem) => JSON.stringify(problem)).join('\n'));
}

/** The operator's settings of every run: the defaults, with limits small enough to be met often. */
export const SERVER: Pick<ServerConfig, 'limits' | 'defaults'> = {
  defaults: { ...parsed.config.defaults, taskBudgetNano: usdToNano(1.5) },
  limits: {
    ...parsed.config.limits,
    concurrency: { repository: 2, user: 2, server: 3 },
    budgets: {
      timeZone: 'UTC',
      serverDayNano: usdToNano(16),
      repositoryDayNano: usdToNano(7),
      repositoryMonthNano: usdToNano(40),
    },
  },
};
