import type { TaskStore } from '../store/stores.ts';
import type { Actor, ApprovedText, Task } from '../task/task.ts';

export type ResumeResult =
  | { readonly code: 'resumed'; readonly task: Task }
  /** Nothing to do: it runs, or it waits for a slot, which it gets without anyone. */
  | { readonly code: 'already_running' | 'already_queued' | 'already_ended'; readonly task: Task }
  /** Going on would stop at once: it needs money first. */
  | { readonly code: 'budget_used_up'; readonly task: Task };

/** Lets a waiting task continue, from now on with `text` where one is given. */
export async function resumeTask(
  request: { readonly task: Task; readonly by: Actor; readonly now: Date; readonly text?: ApprovedText },
  { tasks }: { readonly tasks: Pick<TaskStore, 'resume'> },
): Promise<ResumeResult> {
  const { by, now, task, text } = request;
  if (task.finishedAt !== null) {
    return { code: 'already_ended', task };
  }
  if (task.state !== 'SUBMITTED') {
    return { code: 'already_running', task };
  }
  if (needsMoney(task)) {
    return { code: 'budget_used_up', task };
  }
  const event = { kind: 'task.resumed' as const, data: { by: by.login } };
  const resumed = await tasks.resume({
    taskId: task.id,
    now,
    event,
    ...(text === undefined ? {} : { text }),
  });
  return resumed === null ? { code: 'already_queued', task } : { code: 'resumed', task: resumed };
}

/** Its own budget is used up; one that waits for a shared budget is woken when that has room. */
export function needsMoney(task: Pick<Task, 'state' | 'wait'>): boolean {
  return task.state === 'SUBMITTED' && task.wait?.reason === 'budget' && task.wait.blockedOn === null;
}
