import { scopeKey, type ScopeState } from '../../../budget/scopes.ts';
import type { Task } from '../../../task/task.ts';
import type { Claimed, Claimer } from '../../stores.ts';
import { ATTEMPT_COLUMNS, toAttempt, type AttemptRow } from '../rows/attempt-row.ts';
import { tell } from '../rows/tell.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';
import type { WakingQueryable } from '../waking-database.ts';

/**
 * Starts an attempt of a task that its claim holds and found within all limits: one statement that writes the task, the
 * attempt, the lane, both slots and the reservation in every budget scope.
 */
export async function startTask(
  tx: WakingQueryable,
  start: { task: Task; by: Claimer; scopes: readonly ScopeState[] },
): Promise<Claimed> {
  const { by, scopes } = start;
  const { concurrency } = by.limits;
  const [row] = await tx.query<TaskRow & AttemptRow>({
    name: 'claim-start',
    text: START,
    values: [
      start.task.id,
      by.owner,
      new Date(by.now.getTime() + by.leaseMs),
      by.now,
      scopes.map(scopeKey),
      scopes.map((scope) => scope.capNano),
      concurrency.repository,
      concurrency.server,
      concurrency.user,
    ],
  });
  if (row === undefined) {
    throw new Error(`task ${start.task.id} was gone while its claim held it`);
  }
  tx.wake({ kind: 'report', id: row.id });
  return { task: toTask(row), attempt: toAttempt(row) };
}

const START = `
with changed as (
  update task set state = 'HYDRATING', epoch = epoch + 1, revision = revision + 1,
    lease_owner = $2, lease_number = lease_number + 1, lease_until = $3,
    wait_reason = null, wake_at = null, wait_note = null, blocked_on = null, started_at = coalesce(started_at, $4)
  where id = $1
  returning *
),
begun as (
  insert into attempt (task_id, epoch, budget_nano, scope_keys, started_at)
  select id, epoch, budget_nano - spent_nano - held_nano, $5, $4 from changed
  returning *
),
laned as (
  update lane set queued = queued - 1, running = running + 1, max_running = $7, turn = nextval('lane_turn')
  from changed where lane.repository_id = changed.repository_id
),
slotted as (
  insert into slot (scope, running, max_running)
  select 'server', 1, $8::int from changed union all select 'user:' || requested_by_id, 1, $9::int from changed
  on conflict (scope) do update set running = slot.running + 1, max_running = excluded.max_running
),
reserved as (
  insert into budget_scope (key, reserved_nano, cap_nano, opened_at)
  select scope.key, begun.budget_nano, scope.cap_nano, $4
  from begun cross join unnest($5::text[], $6::bigint[]) as scope (key, cap_nano)
  on conflict (key) do update
    set reserved_nano = budget_scope.reserved_nano + excluded.reserved_nano, cap_nano = excluded.cap_nano
),
${tell({ at: '$4::timestamptz', events: `'[{"kind": "task.claimed"}]'::jsonb` })}
select ${TASK_COLUMNS}, ${ATTEMPT_COLUMNS}
from changed t cross join begun a`;
