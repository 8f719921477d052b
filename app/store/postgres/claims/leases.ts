import type { Task } from '../../../task/task.ts';
import type { Queryable } from '../../database.ts';
import type { Fence, TaskStore } from '../../stores.ts';
import { logChange } from '../rows/log-change.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';
import type { WakingDatabase } from '../waking-database.ts';

/**
 * By which clock leases are given and judged: the database's, so that a process whose own clock is wrong takes over no
 * task of a healthy one. `caller` is for tests that bring a time of their own.
 */
export type LeaseClock = 'database' | 'caller';

/** The time that statements about leases take; null lets them ask the database. */
export function leaseTime(clock: LeaseClock, now: Date): Date | null {
  return clock === 'caller' ? now : null;
}

/** `leaseNow` is from `leaseTime`. */
type OnLeaseClock<Options> = Options & { readonly leaseNow: Date | null };

export async function renewLeases(
  db: Queryable,
  options: OnLeaseClock<Parameters<TaskStore['renew']>[0]>,
): Promise<Fence[]> {
  const { owner, holding, leaseNow, leaseMs } = options;
  const rows = await db.query<{ id: string; epoch: number; lease_number: number }>({
    name: 'leases-renew',
    text: RENEW,
    values: [owner, leaseNow, [...holding], leaseMs],
  });
  return rows.map((row) => ({ taskId: row.id, epoch: row.epoch, leaseNumber: row.lease_number }));
}

export async function adoptTasks(
  db: WakingDatabase,
  options: OnLeaseClock<Parameters<TaskStore['adopt']>[0]>,
): Promise<Task[]> {
  const { owner, now, leaseNow, leaseMs, max, holding = [], own = 'when run out' } = options;
  const rows = await db.query<TaskRow>({
    name: 'leases-adopt',
    text: ADOPT,
    values: [owner, now, leaseNow, max, [...holding], own === 'at once', leaseMs],
  });
  rows.forEach(({ id }) => db.wake({ kind: 'report', id }));
  return rows.map(toTask);
}

export async function findStaleness(
  db: Queryable,
  { now, leaseNow, heartbeatStaleMs }: OnLeaseClock<Parameters<TaskStore['staleness']>[0]>,
): Promise<{ live: number; stale: number }> {
  const [row] = await db.query<{ live: number; stale: number }>({
    name: 'leases-staleness',
    text: STALENESS,
    values: [leaseNow, new Date(now.getTime() - heartbeatStaleMs)],
  });
  return row ?? { live: 0, stale: 0 };
}

/** Heartbeats are expected only in RUNNING. */
const STALENESS = `
select count(*)::int as live,
  (count(*) filter (where t.lease_until <= coalesce($1::timestamptz, now())
    or (t.state = 'RUNNING' and coalesce(a.heartbeat_at, a.started_at) <= $2)))::int as stale
from task t join attempt a on a.task_id = t.id and a.epoch = t.epoch
where t.lease_owner is not null`;

const RENEW = `
with held as (select id from task where lease_owner = $1 and id = any ($3::text[]) order by id for update)
update task set lease_until = greatest(lease_until, coalesce($2::timestamptz, clock_timestamp()) + make_interval(secs => $4::float8 / 1000))
from held where task.id = held.id
returning task.id, task.epoch, task.lease_number`;

const ADOPT = `
with lost as (
  select id as lost_id, lease_owner as lost_by from task
  where lease_owner is not null and (lease_until <= coalesce($3::timestamptz, now()) or (lease_owner = $1 and $6)) and id <> all ($5::text[])
  order by lease_until, id limit $4
  for update skip locked
),
changed as (
  update task set lease_owner = $1, lease_number = lease_number + 1, revision = revision + 1,
    lease_until = coalesce($3::timestamptz, clock_timestamp()) + make_interval(secs => $7::float8 / 1000)
  from lost where id = lost_id
  returning *
),
${logChange({
  at: '$2::timestamptz',
  events: `jsonb_build_array(jsonb_build_object('kind', 'task.lease_lost', 'data', jsonb_build_object('owner', changed.lost_by)))`,
})}
select ${TASK_COLUMNS} from changed t order by t.seq`;
