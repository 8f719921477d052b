import type { BudgetKey } from '../../../task/scope.ts';
import type { Attempt } from '../../../task/attempt.ts';
import type { Task } from '../../../task/task.ts';
import type { Queryable } from '../../database.ts';
import { ATTEMPT_COLUMNS, toAttempt, type AttemptRow } from '../rows/attempt-row.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';

/**
 * The order in which every transaction of the stores takes its locks; two that take them in another order dead-lock:
 *
 *   1. the slot row `server`, which stands for all slot and budget rows: a transaction that changes one of those, or more than one
 *      lane, has taken it first (claim, the end of an attempt, waking, raising, settling late),
 *   2. the lane of a repository, before any task of it that may enter or leave its queue; only holders of 1 take a
 *      second lane. A claim skips a lane that is locked: its holder sends a wake-up when it commits,
 *   3. the task, 4. its attempt, 5. its ledger rows, 6. its report cursor.
 *
 * Heartbeats, draws and settling while an attempt lives touch 4 and 5 alone.
 */
export type LockDepth = 'slots' | 'lane' | 'task';

export interface LockedTask {
  readonly task: Task;
  readonly attempt: Attempt | null;
  readonly scopeKeys: readonly BudgetKey[];
}

type LockRow = TaskRow & { readonly settled_nano: number; readonly held_nano: number } & (
    | AttemptRow
    | { readonly attempt_task_id: null }
  );

/** Locks a task and its newest attempt from the given depth on; null when there is no such task. */
export async function lockTask(
  tx: Queryable,
  request: { taskId: string; depth: LockDepth },
): Promise<LockedTask | null> {
  const [row] = await tx.query<LockRow>({
    name: `task-lock-${request.depth}`,
    text: TEXTS[request.depth],
    values: [request.taskId],
  });
  if (row === undefined) {
    return null;
  }
  if (row.attempt_task_id === null) {
    return { task: toTask(row), attempt: null, scopeKeys: [] };
  }
  // The columns of a task add up the attempt as the statement's snapshot saw it; the locked row is the truth.
  const live = row.attempt_ended_at === null ? row.attempt_spent_nano : 0;
  const finalizing = row.state === 'FINALIZING' && row.attempt_ended_at === null ? row.attempt_inflight_nano : 0;
  return {
    task: { ...toTask(row), spentNano: row.settled_nano + live, unsettledNano: row.held_nano + finalizing },
    attempt: toAttempt(row),
    scopeKeys: row.attempt_scope_keys,
  };
}

/** Takes the first lock of the order on its own; for transactions that find their tasks afterwards. */
export async function lockSlots(tx: Queryable): Promise<void> {
  await tx.query({ name: 'slots-lock', text: `select from slot where scope = 'server' for update` });
}

const SLOTS = `slots as (select 1 as held from slot where scope = 'server' for update)`;
// Columns that never change are read before the lock; the row itself only under it.
const LANE = `lane_held as (
  select 1 as held from lane where repository_id = (select repository_id from task where id = $1) for update
)`;
const TASK = `task_held as (select t.* from task t where t.id = $1 for update)`;
const SELECT = `
select ${TASK_COLUMNS}, t.spent_nano as settled_nano, t.held_nano, ${ATTEMPT_COLUMNS}
from task_held t left join lateral (
  select held.* from attempt held where held.task_id = t.id and held.epoch = t.epoch for update
) a on true`;

const TEXTS: Record<LockDepth, string> = {
  slots: `with ${SLOTS},
    ${LANE.replace('where repository_id', 'where (select held from slots) = 1 and repository_id')},
    ${TASK.replace('where t.id', 'where (select held from lane_held) = 1 and t.id')} ${SELECT}`,
  lane: `with ${LANE}, ${TASK.replace('where t.id', 'where (select held from lane_held) = 1 and t.id')} ${SELECT}`,
  task: `with ${TASK} ${SELECT}`,
};
