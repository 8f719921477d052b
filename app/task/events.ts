import type { TaskState, WaitReason } from '../../protocol/index.ts';

/**
 * What happened to a task: append-only rows that reporters, the dashboard and metrics read. `seq` orders them.
 * Data is small JSON without secrets; text in it is untrusted.
 */
export const EVENT_KINDS = [
  'task.submitted',
  'task.waiting',
  'task.resumed',
  'task.claimed',
  'task.hydrated',
  'task.started',
  'task.progress',
  'task.budget_warning',
  'task.budget_raised',
  'task.stop_requested',
  'task.session_ended',
  'task.gate_passed',
  'task.withheld',
  'task.pushed',
  'task.published',
  'task.lease_lost',
  'task.attempt_lost',
  'task.note',
  'task.ended',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export interface TaskEvent {
  readonly seq: number;
  readonly taskId: string;
  readonly epoch: number;
  readonly kind: EventKind;
  readonly at: Date;
  readonly state: TaskState;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event to be written together with the change it tells of. */
export interface NewEvent {
  readonly kind: EventKind;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Data of `task.waiting`. */
export interface WaitingData {
  readonly reason: WaitReason;
  readonly note: string | null;
  readonly wakeAt: string;
}
