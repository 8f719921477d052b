import type { Task } from '../../task/task.ts';
import type { Output } from '../output.ts';

/** `RUNNING`, or `SUBMITTED (budget)` for a task that waits. */
export function stateOf(task: Pick<Task, 'state' | 'wait'>): string {
  return task.wait === null ? task.state : `${task.state} (${task.wait.reason})`;
}

/** The text of a state in the color that says whether someone should look. */
export function paintState(task: Pick<Task, 'state' | 'wait'>, text: string, output: Output): string {
  switch (task.state) {
    case 'COMPLETED':
      return output.good(text);
    case 'FAILED':
    case 'TIMED_OUT':
      return output.bad(text);
    case 'CANCELLED':
      return output.quiet(text);
    case 'SUBMITTED':
      return needsPerson(task.wait) ? output.warned(text) : text;
    case 'HYDRATING':
    case 'RUNNING':
    case 'FINALIZING':
      return output.strong(text);
  }
}

function needsPerson(wait: Task['wait']): boolean {
  return wait !== null && ['approval', 'human', 'paused', 'budget'].includes(wait.reason);
}
