import { decideStop } from '../../rules/decide-stop.ts';
import { isEligible, slotScopesOf } from '../../rules/task-facts.ts';
import type { TaskStore } from '../../stores.ts';
import { lockTask } from '../changes/lock-task.ts';
import { wakeBlocked } from '../changes/wake-blocked.ts';
import { writeTask } from '../changes/write-task.ts';
import type { WakingDatabase } from '../waking-database.ts';

/** Locks the slots first, because a task that leaves the queue may let another one of its requester go next. */
export async function requestStop(
  database: WakingDatabase,
  request: Parameters<TaskStore['requestStop']>[0],
): ReturnType<TaskStore['requestStop']> {
  const { taskId, now } = request;
  return database.transaction(async (tx) => {
    const locked = await lockTask(tx, { taskId, depth: 'slots' });
    if (locked === null) {
      throw new Error(`there is no task ${taskId} to stop`);
    }
    const before = locked.task;
    const { done, change } = decideStop(before, request);
    if (change === null) {
      return { done, task: before };
    }
    const task = await writeTask(tx, { before, change, at: now });
    if (isEligible(before)) {
      await wakeBlocked(tx, { slots: slotScopesOf(before), scopeKeys: [], now });
    }
    return { done, task };
  });
}
