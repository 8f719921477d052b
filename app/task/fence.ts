import type { Task } from './task.ts';

/** Names one step of one attempt. A waiting task has no lease: there the lease number is 0. */
export interface Fence {
  readonly taskId: string;
  readonly epoch: number;
  readonly leaseNumber: number;
}

/** The fence of the step that the owner of the task's lease takes. */
export function fenceOf(task: Task): Fence {
  if (task.lease === null) {
    throw new Error(`task ${task.id} has no lease to act under`);
  }
  return { taskId: task.id, epoch: task.epoch, leaseNumber: task.lease.number };
}

/**
 * Whether a step named by `fence` may still write to this row: the one check of epoch and lease (law L3). PostgreSQL
 * checks the same inside its statements, with `FENCE_MATCHES`.
 */
export function matchesFence(
  task: { readonly id: string; readonly epoch: number; readonly lease: { readonly number: number } | null },
  fence: Fence,
): boolean {
  return task.id === fence.taskId && task.epoch === fence.epoch && (task.lease?.number ?? 0) === fence.leaseNumber;
}
