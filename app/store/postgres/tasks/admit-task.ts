import type { Admitted, TaskStore } from '../../stores.ts';
import { wakeUpsOf } from '../../wake-up.ts';
import { toJson } from '../../rules/to-json.ts';
import { timeOf } from '../lease-clock.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';
import type { WakingDatabase } from '../waking-database.ts';

const HOUR_MS = 3_600_000;
const MOST_TRIES = 10;
/** First key of the advisory locks that make one requester's admissions follow each other. */
const REQUESTER_LOCK = 0x62_6f;

/** `leaseNow` is from `leaseTime`: messages are due by the clock by which they are taken. */
type Request = Parameters<TaskStore['admit']>[0] & { readonly leaseNow: Date | null };

/**
 * Admission holds a lock per requester, so that the rate is exact; the two unique indexes decide between requests of
 * different people for one thread.
 */
export async function admitTask(database: WakingDatabase, request: Request): Promise<Admitted> {
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const admitted = await database.transaction(async (tx) => {
      const [, [row]] = await Promise.all([
        tx.query({
          name: 'task-admit-turn',
          text: 'select pg_advisory_xact_lock($1::int, hashint8($2::bigint))',
          values: [REQUESTER_LOCK, request.task.requestedBy.id],
        }),
        tx.query<AdmitRow>({ name: 'task-admit', text: ADMIT, values: valuesOf(request) }),
      ]);
      return row;
    });
    if (admitted === undefined) {
      // Someone took the trigger or the thread between the look and the insert; the next look sees who.
      continue;
    }
    if (admitted.decision === 'user_rate') {
      const oldest = admitted.oldest_at ?? request.now;
      return { admitted: false, why: 'user_rate', retryAt: new Date(oldest.getTime() + HOUR_MS) };
    }
    if (admitted.decision === 'same_trigger' || admitted.decision === 'thread_busy') {
      return { admitted: false, why: admitted.decision, task: toTask(admitted) };
    }
    const task = toTask(admitted);
    wakeUpsOf(null, task).forEach(database.wake);
    return { admitted: true, task };
  }
  throw new Error(`task ${request.task.id} could not be admitted: its id is taken by another trigger`);
}

type AdmitRow = TaskRow & {
  readonly decision: 'admitted' | 'same_trigger' | 'thread_busy' | 'user_rate';
  readonly oldest_at: Date | null;
};

function valuesOf(request: Request): unknown[] {
  const { task, now } = request;
  return [
    task.id,
    request.semanticKey,
    now,
    task.installationId,
    task.repository.id,
    task.repository.owner,
    task.repository.name,
    task.thread.number,
    task.thread.kind,
    task.type,
    task.priority,
    task.requestedBy.id,
    task.requestedBy.login,
    toJson(task.trigger),
    toJson(task.text),
    toJson(task.settings),
    task.retryOf,
    task.budgetNano,
    task.branch,
    request.rate.perUserPerHour,
    new Date(now.getTime() - HOUR_MS),
    toJson(request.outbox),
    request.leaseNow,
  ];
}

const ADMIT = `
with known as (
  select 'same_trigger' as decision, 1 as rank, k.* from task k where k.semantic_key = $2
  union all
  select 'thread_busy', 2, k.* from task k
  where k.repository_id = $5 and k.thread_number = $8
    and k.finished_at is null
  order by rank limit 1
),
recent as (
  select created_at from task where requested_by_id = $12 and created_at > $21 order by created_at desc limit $20
),
rate as (select count(*) >= $20 as full, min(created_at) as oldest_at from recent),
changed as (
  insert into task (id, semantic_key, created_at, wake_at, installation_id, repository_id, repository_owner,
    repository_name, thread_number, thread_kind, type, priority, requested_by_id, requested_by_login, trigger,
    approved_text, settings, retry_of, budget_nano, branch, state, wait_reason)
  select $1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 'SUBMITTED', 'slot'
  from rate where not rate.full and not exists (select from known)
  on conflict do nothing
  returning *
),
laned as (
  insert into lane (repository_id, queued) select repository_id, 1 from changed
  on conflict (repository_id) do update set queued = lane.queued + 1
),
logged as (
  insert into task_event (task_id, epoch, kind, at, state, data)
  select id, 0, 'task.submitted', $3, state, '{}' from changed
),
shown as (
  insert into report_cursor (task_id, revision) select id, revision from changed
),
said as (
  insert into outbox (key, installation_id, repository, thread, message, created_at, due_at)
  select item ->> 'key', (item ->> 'installationId')::bigint, item -> 'repository', item -> 'thread', item -> 'message',
    ${timeOf('$23')}, ${timeOf('$23')}
  from changed cross join jsonb_array_elements($22::jsonb) as item
  on conflict do nothing
)
select 'admitted' as decision, null::timestamptz as oldest_at, ${TASK_COLUMNS}
from changed t
union all
select t.decision, null, ${TASK_COLUMNS} from known t
union all
select 'user_rate', rate.oldest_at, ${TASK_COLUMNS}
from rate left join task t on false
where rate.full and not exists (select from known)`;
