import { TASK_STATES, type TaskState } from '../../protocol/index.ts';

/**
 * What may follow what. Only the task store's `move` writes a state, and it asks this table under the row's lock, so
 * two writers that race produce one winner and one clean loss.
 *
 * Three edges lead back to SUBMITTED, each with a wait reason: an attempt lost while HYDRATING or RUNNING that may be
 * retried, and a FINALIZING task that is paused (budget, question, `/pause`) after its work was kept.
 * A task that a restored backup brought back may turn out to be published: it ends from HYDRATING, before anything runs.
 * A RUNNING attempt always ends through FINALIZING, because that is where its work is kept.
 */
export const TRANSITIONS = {
  SUBMITTED: ['HYDRATING', 'FAILED', 'CANCELLED', 'TIMED_OUT'],
  HYDRATING: ['RUNNING', 'SUBMITTED', 'COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT'],
  RUNNING: ['FINALIZING', 'SUBMITTED'],
  FINALIZING: ['COMPLETED', 'SUBMITTED', 'FAILED', 'CANCELLED', 'TIMED_OUT'],
  COMPLETED: [],
  FAILED: [],
  CANCELLED: [],
  TIMED_OUT: [],
} as const satisfies Record<TaskState, readonly TaskState[]>;

export type Next<From extends TaskState> = (typeof TRANSITIONS)[From][number];

export function mayMove(from: TaskState, to: TaskState): boolean {
  return (TRANSITIONS[from] as readonly TaskState[]).includes(to);
}

/** The states from which `to` may follow. */
export function sourcesOf(to: TaskState): TaskState[] {
  return TASK_STATES.filter((from) => mayMove(from, to));
}
