import { failure } from '../../task/failure.ts';
import type { Outcome } from '../../task/outcome.ts';
import type { StopRequest, Task } from '../../task/task.ts';
import type { TaskChange } from './task-facts.ts';

const NOTHING: Outcome = {
  kind: 'cancelled',
  filesChanged: 0,
  commits: 0,
  verified: 'not_run',
  summary: '',
  questions: [],
  withheld: [],
  turns: 0,
};

/** Ends a task that does not run because someone cancelled it. What earlier attempts made stays on record. */
export function endCancelled(task: Task, cause: { stop: StopRequest; now: Date }): TaskChange {
  return {
    next: {
      ...task,
      state: 'CANCELLED',
      wait: null,
      lease: null,
      stop: cause.stop,
      outcome: { ...(task.outcome ?? NOTHING), kind: 'cancelled' },
      finishedAt: cause.now,
    },
    events: [{ kind: 'task.ended', state: 'CANCELLED', data: { outcome: 'cancelled', by: cause.stop.by.login } }],
  };
}

/** Ends a paused task that nobody resumed. */
export function endUnanswered(task: Task, now: Date): TaskChange {
  const ended = failure('WAITED_TOO_LONG', task.wait?.note ?? undefined);
  return {
    next: { ...task, state: 'TIMED_OUT', wait: null, failure: ended, finishedAt: now },
    events: [{ kind: 'task.ended', state: 'TIMED_OUT', data: { code: ended.code } }],
  };
}
