import type { Task } from '../../../task/task.ts';
import { decideMove } from '../../rules/decide-move.ts';
import { isLive, type TaskChange } from '../../rules/task-facts.ts';
import type { Move, Moved, TaskStore } from '../../stores.ts';
import { advanceTask } from '../changes/advance-task.ts';
import { lockTask, type LockedTask } from '../changes/lock-task.ts';
import { writeEnding, writeTask } from '../changes/write-task.ts';
import type { WakingDatabase, WakingQueryable } from '../waking-database.ts';

/**
 * A step forward is one statement; leaving the attempt states first locks everything that is released.
 */
export async function moveTask(database: WakingDatabase, move: Move): Promise<Moved> {
  if (move.to === 'RUNNING' || move.to === 'FINALIZING') {
    return advanceTask(database, { ...move, to: move.to, events: [move.event] });
  }
  return database.transaction(async (tx) => {
    const locked = await lockTask(tx, { taskId: move.fence.taskId, depth: 'slots' });
    const change = locked === null ? null : decideMove(locked.task, move);
    if (locked === null || change === null) {
      return { moved: false, current: locked?.task ?? null };
    }
    return { moved: true, task: await applyChange(tx, locked, { change, at: move.now }) };
  });
}

/** Writes a change and, when it takes the task out of the attempt states, gives back all that the attempt held. */
async function applyChange(
  tx: WakingQueryable,
  locked: LockedTask,
  write: { change: TaskChange; at: Date },
): Promise<Task> {
  const { attempt, scopeKeys, task: before } = locked;
  if (attempt === null || attempt.endedAt !== null || isLive(write.change.next)) {
    return writeTask(tx, { before, ...write });
  }
  return writeEnding(tx, { before, attempt, scopeKeys, ...write });
}

export async function recordFacts(
  database: WakingDatabase,
  change: Parameters<TaskStore['record']>[0],
): Promise<Moved> {
  return advanceTask(database, { ...change, to: null, events: change.event === undefined ? [] : [change.event] });
}
