import type { TaskTypeName } from '../../protocol/index.ts';
import type { TaskType } from './task-type.ts';
import { command, prompt } from './node-types.ts';
import { fix } from './fix.ts';
import { implement } from './implement.ts';
import { review } from './review.ts';

export const TASK_TYPE_RECORDS: Readonly<Record<TaskTypeName, TaskType>> = { implement, fix, review, prompt, command };

/** Whether what the worker commits leaves the server. */
export function publishesChanges(type: TaskType): boolean {
  return type.finalizer === 'pull_request' || type.finalizer === 'push';
}
