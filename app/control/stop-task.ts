import type { TaskStore } from '../store/stores.ts';
import type { StopRequest, Task } from '../task/task.ts';

export type StopResult =
  /** It was waiting and has ended. */
  | { readonly code: 'cancelled'; readonly task: Task }
  /** It was waiting and now waits for `/resume`. */
  | { readonly code: 'paused'; readonly task: Task }
  /** It runs; its work is kept, then it ends or waits for `/resume`. */
  | { readonly code: 'cancel_requested' | 'pause_requested'; readonly task: Task }
  | { readonly code: 'already_ended'; readonly task: Task };

/** Cancels or pauses a task. The same request again changes nothing; a cancel replaces a pause. */
export async function stopTask(
  request: { readonly taskId: string; readonly stop: StopRequest },
  { tasks }: { readonly tasks: Pick<TaskStore, 'requestStop'> },
): Promise<StopResult> {
  const { stop, taskId } = request;
  const { done, task } = await tasks.requestStop({ taskId, stop, now: stop.at });
  switch (done) {
    case 'ended':
      return { code: 'cancelled', task };
    case 'paused':
      return { code: 'paused', task };
    case 'requested':
      return { code: stop.kind === 'cancel' ? 'cancel_requested' : 'pause_requested', task };
    case 'too_late':
      return { code: 'already_ended', task };
  }
}
