import type { Task } from '../../../task/task.ts';
import type { Queryable } from '../../database.ts';
import type { Fence } from '../../../task/fence.ts';
import type { TaskStore } from '../../stores.ts';
import { changeTask } from '../changes/change-task.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';
import { leaseEnd, timeOf } from '../lease-clock.ts';
import type { WakingDatabase } from '../waking-database.ts';

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
  { leaseNow, heartbeatStaleMs }: OnLeaseClock<Parameters<TaskStore['staleness']>[0]>,
): Promise<{ live: number; stale: number }> {
  const [row] = await db.query<{ live: number; stale: number }>({
    name: 'leases-staleness',
    text: STALENESS,
    values: [leaseNow, heartbeatStaleMs],
  });
  return row ?? { live: 0, stale: 0 };
}

/** Heartbeats are expected only in RUNNING. */
const STALENESS = `
select count(*)::int as live,
  (count(*) filter (where t.lease_until <= ${timeOf('$1')}
    or (t.state = 'RUNNING' and coalesce(a.heartbeat_at, a.started_at) <= ${timeOf('$1')} - make_interval(secs => $2::float8 / 1000))))::int as stale
from task t join attempt a on a.task_id = t.id and a.epoch = t.epoch
where t.lease_owner is not null`;

const RENEW = `
with held as (select id from task where lease_owner = $1 and id = any ($3::text[]) order by id for update)
update task set lease_until = greatest(lease_until, ${leaseEnd('$2', '$4')})
from held where task.id = held.id
returning task.id, task.epoch, task.lease_number`;

const ADOPT = `
with lost as (
  select id as lost_id, lease_owner as lost_by from task
  where lease_owner is not null and (lease_until <= ${timeOf('$3')} or (lease_owner = $1 and $6)) and id <> all ($5::text[])
  order by lease_until, id limit $4
  for update skip locked
),
${changeTask({
  set: ['lease_owner = $1', 'lease_number = lease_number + 1', `lease_until = ${leaseEnd('$3', '$7')}`],
  from: 'lost',
  where: 'id = lost_id',
  at: '$2::timestamptz',
  events: `jsonb_build_array(jsonb_build_object('kind', 'task.lease_lost', 'data', jsonb_build_object('owner', changed.lost_by)))`,
})}
select ${TASK_COLUMNS} from changed t order by t.seq`;
