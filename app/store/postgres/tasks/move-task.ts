import type { Task } from '../../../task/task.ts';
import { decideMove } from '../../rules/decide-move.ts';
import { isLive, slotScopesOf, type TaskChange } from '../../rules/task-facts.ts';
import type { Move, Moved, TaskStore } from '../../stores.ts';
import { endAttempt } from '../changes/end-attempt.ts';
import { advanceTask } from '../changes/advance-task.ts';
import { lockTask, type LockedTask } from '../changes/lock-task.ts';
import { wakeBlocked } from '../changes/wake-blocked.ts';
import { writeTask } from '../changes/write-task.ts';
import type { WakingDatabase, WakingQueryable } from '../waking-database.ts';

/**
 * A step forward is one statement; leaving the attempt states takes the locks of everything that is given back first.
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
export async function applyChange(
  tx: WakingQueryable,
  locked: LockedTask,
  write: { change: TaskChange; at: Date },
): Promise<Task> {
  const { task: before, attempt } = locked;
  const { change, at } = write;
  if (attempt === null || attempt.endedAt !== null || isLive(change.next)) {
    return writeTask(tx, { before, change, at });
  }
  const [task] = await Promise.all([
    writeTask(tx, { before, change, at, fold: { spentNano: attempt.spentNano, heldNano: attempt.inflightNano } }),
    endAttempt(tx, { task: before, attempt, at }),
    wakeBlocked(tx, { slots: slotScopesOf(before), scopeKeys: locked.scopeKeys, now: at }),
  ]);
  return task;
}

export async function recordFacts(
  database: WakingDatabase,
  change: Parameters<TaskStore['record']>[0],
): Promise<Moved> {
  return advanceTask(database, { ...change, to: null, events: change.event === undefined ? [] : [change.event] });
}
