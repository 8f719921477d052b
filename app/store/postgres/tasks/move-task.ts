import { isTerminal } from '../../../../protocol/index.ts';
import type { Task } from '../../../task/task.ts';
import type { Database, Queryable } from '../../database.ts';
import { decideMove, decideRecord } from '../../rules/decide-move.ts';
import { isLive, slotScopesOf, type TaskChange } from '../../rules/task-facts.ts';
import type { Move, Moved, TaskStore } from '../../stores.ts';
import { closeDoor, endAttempt } from '../changes/end-attempt.ts';
import { lockTask, type LockedTask } from '../changes/lock-task.ts';
import { wakeBlocked } from '../changes/wake-blocked.ts';
import { writeTask } from '../changes/write-task.ts';

export async function moveTask(database: Database, move: Move): Promise<Moved> {
  const mayEnd = move.to === 'SUBMITTED' || isTerminal(move.to);
  return database.transaction(async (tx) => {
    const locked = await lockTask(tx, { taskId: move.fence.taskId, depth: mayEnd ? 'slots' : 'task' });
    const change = locked === null ? null : decideMove(locked.task, move);
    if (locked === null || change === null) {
      return { moved: false, current: locked?.task ?? null };
    }
    return { moved: true, task: await applyChange(tx, locked, { change, at: move.now }) };
  });
}

/** Writes a change and, when it takes the task out of the attempt states, gives back all that the attempt held. */
export async function applyChange(
  tx: Queryable,
  locked: LockedTask,
  write: { change: TaskChange; at: Date },
): Promise<Task> {
  const { task: before, attempt } = locked;
  const { change, at } = write;
  if (attempt === null || attempt.endedAt !== null || isLive(change.next)) {
    if (attempt !== null && before.state !== change.next.state && change.next.state === 'FINALIZING') {
      await closeDoor(tx, attempt);
    }
    return writeTask(tx, { before, change, at });
  }
  await endAttempt(tx, { task: before, attempt, at });
  const task = await writeTask(tx, {
    before,
    change,
    at,
    fold: { spentNano: attempt.spentNano, heldNano: attempt.inflightNano },
  });
  await wakeBlocked(tx, { slots: slotScopesOf(before), scopeKeys: locked.scopeKeys, now: at });
  return task;
}

export async function recordFacts(database: Database, change: Parameters<TaskStore['record']>[0]): Promise<Moved> {
  return database.transaction(async (tx) => {
    const locked = await lockTask(tx, { taskId: change.fence.taskId, depth: 'task' });
    const next = locked === null ? null : decideRecord(locked.task, change);
    if (locked === null || next === null) {
      return { moved: false, current: locked?.task ?? null };
    }
    const events = change.event === undefined ? [] : [{ ...change.event, state: next.state }];
    return {
      moved: true,
      task: await writeTask(tx, { before: locked.task, change: { next, events }, at: change.now }),
    };
  });
}
