import { decideTopUp, suggestTopUp, type TopUpFacts } from '../budget/decide-top-up.ts';
import { lowerLimits } from '../budget/lower-limits.ts';
import type { ScopeState } from '../budget/scopes.ts';
import type { ServerConfig } from '../config/server-config.ts';
import type { TaskStore } from '../store/stores.ts';
import type { Actor, NanoUsd, Task } from '../task/task.ts';
import { needsMoney } from './resume-task.ts';

export type TopUpResult =
  /** `resumed`: it had been waiting for this money. */
  | { readonly code: 'raised'; readonly task: Task; readonly resumed: boolean }
  /** More than any cap will ever allow: added, it would leave the task waiting for good. */
  | { readonly code: 'never_fits'; readonly mostNano: NanoUsd; readonly note: string | null }
  /** A shared budget has no room for it now; `fitsNano` is what it has room for, null when nothing. */
  | { readonly code: 'scope_full'; readonly scope: ScopeState; readonly fitsNano: NanoUsd | null }
  | { readonly code: 'already_ended' };

export interface TopUp {
  readonly task: Task;
  readonly addNano: NanoUsd;
  readonly by: Actor;
  readonly now: Date;
  /** The same key adds once, however often it is asked for. */
  readonly key: string;
}

/** Adds to the budget of a task, and lets it continue when it waited for that. */
export async function topUp(
  request: TopUp,
  options: { readonly tasks: Pick<TaskStore, 'raiseBudget' | 'resume'>; readonly facts: TopUpFacts },
): Promise<TopUpResult> {
  const { facts, tasks } = options;
  const { addNano, by, key, now, task } = request;
  if (task.finishedAt !== null) {
    return { code: 'already_ended' };
  }
  const most = decideTopUp(facts);
  if (addNano > most.mostNano) {
    return { code: 'never_fits', ...most };
  }
  const raised = await tasks.raiseBudget({ taskId: task.id, key, addNano, by, now, limits: facts.limits });
  if (!raised.raised) {
    const { scope } = raised;
    return { code: 'scope_full', scope, fitsNano: suggestTopUp(facts, [scope]) };
  }
  if (!needsMoney(raised.task)) {
    return { code: 'raised', task: raised.task, resumed: false };
  }
  const event = { kind: 'task.resumed' as const, data: { by: by.login } };
  const resumed = await tasks.resume({ taskId: task.id, now, event });
  return { code: 'raised', task: resumed ?? raised.task, resumed: resumed !== null };
}

/** What bounds a top-up: the server's caps, lowered by those that the repository set itself when the task was asked for. */
export function topUpFactsOf(task: Task, server: Pick<ServerConfig, 'limits'>): TopUpFacts {
  return {
    budgetNano: task.budgetNano,
    spentNano: task.spentNano,
    taskCapNano: server.limits.taskBudgetNano,
    limits: lowerLimits(server.limits.budgets, task.settings.limits ?? null),
  };
}
