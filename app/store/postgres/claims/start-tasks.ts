import { scopeKey, type ScopeState } from '../../../budget/scopes.ts';
import { sourcesOf } from '../../../task/transitions.ts';
import type { Task } from '../../../task/task.ts';
import { wakeUpsOf } from '../../wake-up.ts';
import { toJson } from '../../rules/to-json.ts';
import type { Claimed, Claimer } from '../../stores.ts';
import { ATTEMPT_COLUMNS, toAttempt, type AttemptRow } from '../rows/attempt-row.ts';
import { changeTask } from '../changes/change-task.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';
import { leaseEnd, timeOf } from '../lease-clock.ts';
import type { WakingQueryable } from '../waking-database.ts';

/** `leaseNow` is from `leaseTime`. */
export type LeasingClaimer = Claimer & { readonly leaseNow: Date | null };

/** A task that its claim holds and found within all limits, and the budget scopes it reserves in. */
export interface Grant {
  readonly task: Task;
  readonly scopes: readonly ScopeState[];
}

/**
 * Starts attempts of tasks of different repositories: one statement that writes the tasks, their attempts, the lanes,
 * the slots and the reservations in every budget scope.
 */
export async function startTasks(
  tx: WakingQueryable,
  by: LeasingClaimer,
  grants: readonly Grant[],
): Promise<Claimed[]> {
  const { concurrency } = by.limits;
  const caps = new Map(grants.flatMap(({ scopes }) => scopes.map((scope) => [scopeKey(scope), scope.capNano])));
  const rows = await tx.query<TaskRow & AttemptRow>({
    name: 'claim-start',
    text: START,
    values: [
      toJson(grants.map(({ task, scopes }) => ({ id: task.id, keys: scopes.map(scopeKey) }))),
      by.owner,
      by.leaseNow,
      by.now,
      [...caps.keys()],
      [...caps.values()],
      concurrency.repository,
      concurrency.server,
      concurrency.user,
      by.leaseMs,
    ],
  });
  const started = new Map(rows.map((row) => [row.id, row]));
  return grants.map(({ task: before }) => {
    const row = started.get(before.id);
    if (row === undefined) {
      throw new Error(`task ${before.id} was gone while its claim locked it`);
    }
    const task = toTask(row);
    wakeUpsOf(before, task).forEach(tx.wake);
    return { task, attempt: toAttempt(row) };
  });
}

const START = `
with granted as (select id, keys from jsonb_to_recordset($1::jsonb) as g (id text, keys text[])),
${changeTask({
  state: { to: `'HYDRATING'`, sources: `'{${sourcesOf('HYDRATING').join(',')}}'` },
  set: [
    'epoch = epoch + 1',
    'lease_owner = $2',
    'lease_number = lease_number + 1',
    `lease_until = ${leaseEnd('$3', '$10')}`,
    'wait_reason = null',
    'wake_at = null',
    'wait_note = null',
    'blocked_on = null',
    'started_at = coalesce(started_at, $4)',
  ],
  where: 'id in (select id from granted)',
  at: '$4::timestamptz',
  events: `'[{"kind": "task.claimed"}]'::jsonb`,
})},
begun as (
  insert into attempt (task_id, epoch, budget_nano, scope_keys, started_at)
  select c.id, c.epoch, case when c.question #>> '{answer,option}' in ('release', 'accept') then 0
    else c.budget_nano - c.spent_nano - c.held_nano end, granted.keys, ${timeOf('$3')}
  from changed c join granted on granted.id = c.id
  returning *
),
laned as (
  update lane set queued = queued - 1, running = running + 1, max_running = $7, turn = nextval('lane_turn')
  from changed where lane.repository_id = changed.repository_id
),
slotted as (
  insert into slot (scope, running, max_running)
  select 'server', count(*)::int, $8::int from changed
  union all
  select 'user:' || requested_by_id, count(*)::int, $9::int from changed group by requested_by_id
  on conflict (scope) do update set running = slot.running + excluded.running, max_running = excluded.max_running
),
reserved as (
  insert into budget_scope (key, reserved_nano, cap_nano, opened_at)
  select scope.key, sum(begun.budget_nano), min(scope.cap_nano), $4
  from begun join unnest($5::text[], $6::bigint[]) as scope (key, cap_nano) on scope.key = any (begun.scope_keys)
  group by scope.key
  on conflict (key) do update
    set reserved_nano = budget_scope.reserved_nano + excluded.reserved_nano, cap_nano = excluded.cap_nano
)
select ${TASK_COLUMNS}, ${ATTEMPT_COLUMNS}
from changed t join begun a on a.task_id = t.id`;
