import { decideWarnings, percentSpent } from '../../budget/decide-warnings.ts';
import { formatUsd } from '../../budget/money.ts';
import { projectSpend } from '../../budget/project-spend.ts';
import {
  describeCap,
  reservedOf,
  scopeKey,
  spentOf,
  type BudgetLimits,
  type ScopeAccount,
} from '../../budget/scopes.ts';
import type { NewOutboxItem, Stores } from '../../store/stores.ts';
import type { Clock } from '../../task/clock.ts';
import type { Task } from '../../task/task.ts';
import type { Logger } from '../../telemetry/log.ts';

export interface BudgetWatchOptions {
  readonly stores: Pick<Stores, 'budgets' | 'outbox' | 'tasks'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: BudgetLimits;
  /** Called once for each scope and period, in whichever process finds it first. */
  readonly onWarning: (scope: ScopeAccount) => void;
}

const LOOK_MS = 60_000;

/**
 * Warns once when most of a shared budget is spent, before tasks begin to wait for it: in the log, and for a
 * repository's budget on the thread of its newest task. The budget of the server is its operator's business alone.
 */
export function startBudgetWatch(options: BudgetWatchOptions): { stop(): Promise<void> } {
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = watchBudgets(options).catch((error: unknown) =>
      options.log.error('Budgets could not be checked; trying again in a minute', { err: error }),
    );
  }, LOOK_MS);
  return {
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}

/** One look. The message is written before the mark: after a crash in between, it is found under its key. */
export async function watchBudgets(options: BudgetWatchOptions): Promise<void> {
  const { clock, limits, log, stores } = options;
  const now = clock.now();
  for (const scope of decideWarnings(await stores.budgets.current({ now, limits }))) {
    const repositoryId = repositoryOf(scope);
    const [task] = repositoryId === null ? [] : await stores.tasks.list({ repositoryId, limit: 1 });
    if (task !== undefined) {
      await stores.outbox.add([warningFor(scope, task, now)], now);
    }
    const { first } = await stores.budgets.markWarned(scope, now);
    if (first) {
      log.warn('Most of a budget is spent', {
        scope: scope.scope,
        period: scope.period,
        percent: percentSpent(scope),
        spentUsd: formatUsd(spentOf(scope)),
        capUsd: formatUsd(scope.capNano ?? 0),
        resetsAt: scope.resetsAt,
      });
      options.onWarning(scope);
    }
  }
}

function repositoryOf({ scope }: ScopeAccount): number | null {
  const id = Number(scope.split(':')[1]);
  return Number.isInteger(id) ? id : null;
}

function warningFor(scope: ScopeAccount, task: Task, now: Date): NewOutboxItem {
  const { exhaustedAt = null } = projectSpend({ ...scope, spentNano: spentOf(scope) }, now) ?? {};
  const pace = exhaustedAt === null ? '' : ` At this pace it is used up at about ${timeOf(exhaustedAt)}.`;
  const body =
    `⚠️ The ${describeCap(scope)} is ${percentSpent(scope)} % spent: $${formatUsd(spentOf(scope))}, and ` +
    `$${formatUsd(reservedOf(scope))} more is reserved.${pace} Once it is used up, tasks of this repository wait until it ` +
    `resets at ${timeOf(scope.resetsAt)}. \`/budget\` shows it all; the operator can raise the cap.`;
  return {
    key: `budget-warning/${scopeKey(scope)}`,
    installationId: task.installationId,
    repository: task.repository,
    thread: task.thread,
    message: { kind: 'reply', body },
  };
}

function timeOf(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
