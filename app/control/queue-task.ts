import { decideBudgetPossible } from '../budget/decide-limits.ts';
import type { BudgetLimits, NewOutboxItem, NewTask, TaskStore } from '../store/stores.ts';
import type { NanoUsd, Task } from '../task/task.ts';

export type QueueResult =
  | { readonly code: 'queued'; readonly task: Task }
  /** The same command was carried out before; nothing to do and nothing to say. */
  | { readonly code: 'known'; readonly task: Task }
  /** Another task of the thread has not ended. */
  | { readonly code: 'thread_busy'; readonly task: Task }
  | { readonly code: 'too_many_tasks'; readonly perHour: number; readonly retryAt: Date }
  /** No cap will ever allow it; `note` names the cap, `mostNano` is what could be asked for. */
  | { readonly code: 'budget_too_high'; readonly note: string; readonly mostNano: NanoUsd };

/** Puts a task into the queue, in one transaction with what is shown for it. */
export async function queueTask(
  request: {
    readonly task: NewTask;
    readonly semanticKey: string;
    readonly now: Date;
    readonly outbox: readonly NewOutboxItem[];
  },
  options: {
    readonly tasks: Pick<TaskStore, 'admit'>;
    readonly limits: BudgetLimits;
    readonly tasksPerUserPerHour: number;
  },
): Promise<QueueResult> {
  const { budgetNano } = request.task;
  const possible = decideBudgetPossible(budgetNano, options.limits);
  if (!possible.possible) {
    return { code: 'budget_too_high', note: possible.note, mostNano: possible.mostNano };
  }
  const perHour = options.tasksPerUserPerHour;
  const admitted = await options.tasks.admit({ ...request, rate: { perUserPerHour: perHour } });
  if (admitted.admitted) {
    return { code: 'queued', task: admitted.task };
  }
  switch (admitted.why) {
    case 'same_trigger':
      return { code: 'known', task: admitted.task };
    case 'thread_busy':
      return { code: 'thread_busy', task: admitted.task };
    case 'user_rate':
      return { code: 'too_many_tasks', perHour, retryAt: admitted.retryAt };
  }
}
