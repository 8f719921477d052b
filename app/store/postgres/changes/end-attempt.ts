import type { Attempt, Task } from '../../../task/task.ts';
import type { Queryable } from '../../database.ts';

/**
 * Ends the live attempt of a task that is locked from the slots on: both slots are given back, what it spent moves from
 * reserved to spent in its budget scopes, and what is still in flight stays reserved until it is settled.
 */
export async function endAttempt(tx: Queryable, ended: { task: Task; attempt: Attempt; at: Date }): Promise<void> {
  const { task, attempt } = ended;
  await tx.query({
    name: 'attempt-end',
    text: END,
    values: [attempt.taskId, attempt.epoch, ended.at, `user:${task.requestedBy.id}`],
  });
}

const END = `
with ended as (
  update attempt set ended_at = $3, open = false where task_id = $1 and epoch = $2 and ended_at is null
  returning *
),
freed as (
  update slot set running = running - 1 from ended where slot.scope in ('server', $4)
)
update budget_scope b
set reserved_nano = b.reserved_nano - (ended.budget_nano - ended.inflight_nano),
  spent_nano = b.spent_nano + ended.spent_nano
from ended
where b.key = any (ended.scope_keys)`;
