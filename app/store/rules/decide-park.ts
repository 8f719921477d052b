import type { Refusal } from '../../budget/decide-limits.ts';
import { waitingEvent } from '../../task/events.ts';
import type { Task } from '../../task/task.ts';
import type { TaskChange } from './task-facts.ts';

/** A task that a limit stops waits for it; an event is written only when that is news. */
export function decidePark(task: Task, refusal: Refusal): TaskChange {
  const { reason, note, blockedOn, wakeAt } = refusal;
  const wait = { reason, note, blockedOn, wakeAt };
  const known = task.wait?.note === note;
  return {
    next: { ...task, wait },
    events: known ? [] : [{ ...waitingEvent(wait), state: 'SUBMITTED' }],
  };
}
