/** The eight states of a task. Which may follow which: `app/task/transitions.ts`. */
export const TASK_STATES = [
  'SUBMITTED',
  'HYDRATING',
  'RUNNING',
  'FINALIZING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TIMED_OUT',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** States that nothing follows. */
export const TERMINAL_STATES = ['COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT'] as const;
export type TerminalState = (typeof TERMINAL_STATES)[number];
export type LiveState = Exclude<TaskState, TerminalState>;

/** States in which an attempt exists and a slot and a reservation are held. */
export const ATTEMPT_STATES = ['HYDRATING', 'RUNNING', 'FINALIZING'] as const;

/** Why a task that has not ended does not continue right now. `paused` means a person said `/pause`. */
export type AttemptState = (typeof ATTEMPT_STATES)[number];

export const WAIT_REASONS = [
  'slot',
  'budget',
  'approval',
  'dependency',
  'github',
  'model',
  'backoff',
  'human',
  'paused',
] as const;
export type WaitReason = (typeof WAIT_REASONS)[number];

export function isTerminal(state: TaskState): state is TerminalState {
  return (TERMINAL_STATES as readonly TaskState[]).includes(state);
}
