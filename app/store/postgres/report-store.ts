import type { ReportStore } from '../stores.ts';
import { callerTime, leaseEnd, leaseTime, msUntil, timeIn, timeOf, type LeaseClock } from './lease-clock.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from './rows/task-row.ts';
import type { WakingDatabase } from './waking-database.ts';

export function createReportStore(database: WakingDatabase, clock: LeaseClock): ReportStore {
  return {
    takeDirty: async ({ holder, max, now, leaseMs }) => {
      const rows = await database.query<TaskRow>({
        name: 'report-take',
        text: TAKE,
        values: [max, leaseTime(clock, now), leaseMs, holder],
      });
      return rows.map(toTask);
    },
    renewHolds: async ({ holder, taskIds, now, leaseMs }) => {
      const values = [holder, leaseTime(clock, now), [...taskIds], leaseMs];
      const rows = await database.query<{ task_id: string }>({ name: 'report-renew', text: RENEW, values });
      return rows.map((row) => row.task_id);
    },
    showAgain: async (taskId, now) => {
      const values = [taskId, leaseTime(clock, now)];
      await database.query({ name: 'report-show-again', text: SHOW_AGAIN, values });
    },
    lookAgain: async (taskId, now) => {
      await database.query({ name: 'report-look-again', text: LOOK_AGAIN, values: [taskId, leaseTime(clock, now)] });
      database.wake({ kind: 'report', id: taskId });
    },
    takeBack: async (holder) => {
      const rows = await database.query({ name: 'report-take-back', text: TAKE_BACK, values: [holder] });
      return rows.length;
    },
    find: async (taskId, reporter, now) => {
      const [row] = await database.query<ReportRow>({
        name: 'report-find',
        text: FIND,
        values: [taskId, reporter, leaseTime(clock, now)],
      });
      return row === undefined
        ? null
        : {
            taskId,
            reporter,
            externalId: row.external_id,
            deliveredHash: row.delivered_hash,
            deliveredAt: callerTime(row.delivered_in_ms, now),
          };
    },
    findEarlierComment: async ({ id, repository, thread }) => {
      const [row] = await database.query<{ task_id: string; external_id: string }>({
        name: 'report-earlier',
        text: FIND_EARLIER,
        values: [repository.id, thread.number, id],
      });
      return row === undefined ? null : { taskId: row.task_id, commentId: Number.parseInt(row.external_id, 10) };
    },
    save: async (state, { holder, now }) => {
      const { taskId, reporter, externalId, deliveredHash, deliveredAt } = state;
      const rows = await database.query({
        name: 'report-save',
        text: SAVE,
        values: [
          taskId,
          reporter,
          externalId,
          deliveredHash,
          leaseTime(clock, now),
          deliveredAt === null ? null : deliveredAt.getTime() - now.getTime(),
          holder,
        ],
      });
      return { held: rows.length > 0 };
    },
    settle: async (taskId, { holder, now, revision, lookAgainAt }) => {
      const lookAgainMs = lookAgainAt === null ? null : lookAgainAt.getTime() - now.getTime();
      const values = [taskId, revision, leaseTime(clock, now), lookAgainMs, holder];
      const rows = await database.query({ name: 'report-settle', text: SETTLE, values });
      return { held: rows.length > 0 };
    },
    retryLater: async (taskId, { holder, now, at }) => {
      const values = [taskId, leaseTime(clock, now), at.getTime() - now.getTime(), holder];
      const rows = await database.query({ name: 'report-retry', text: RETRY, values });
      return { held: rows.length > 0 };
    },
    nextDueAt: async (now) => {
      const values = [leaseTime(clock, now)];
      const [row] = await database.query<{ in_ms: number | null }>({ name: 'report-next', text: NEXT, values });
      return callerTime(row?.in_ms ?? null, now);
    },
  };
}

interface ReportRow {
  readonly external_id: string | null;
  readonly delivered_hash: string | null;
  readonly delivered_in_ms: number | null;
}

const FIND = `
select external_id, delivered_hash, ${msUntil('delivered_at', '$3')} as delivered_in_ms
from report where task_id = $1 and reporter = $2`;

const FIND_EARLIER = `
select r.task_id, r.external_id
from task t join report r on r.task_id = t.id and r.reporter = 'comment' and r.external_id ~ '^[0-9]'
where t.repository_id = $1 and t.thread_number = $2 and t.seq < (select seq from task where id = $3)
order by t.seq desc limit 1`;

const TAKE = `
with due as (
  select task_id as due_id from report_cursor
  where (dirty or look_again_at <= ${timeOf('$2')}) and (hold_until is null or hold_until <= ${timeOf('$2')})
  order by ended desc, task_id limit $1
  for update skip locked
),
taken as (
  update report_cursor set hold_until = ${leaseEnd('$2', '$3')}, holder = $4, look_asked = false from due where task_id = due_id
  returning task_id, ended
)
select ${TASK_COLUMNS} from taken join task t on t.id = taken.task_id order by taken.ended desc, t.id`;

const RENEW = `
with held as (
  select task_id as held_id from report_cursor where holder = $1 and task_id = any ($3::text[]) order by task_id for update
)
update report_cursor set hold_until = greatest(hold_until, ${leaseEnd('$2', '$4')}) from held where task_id = held_id
returning task_id`;

const SHOW_AGAIN = `
with forgotten as (update report set delivered_hash = null where task_id = $1)
update report_cursor set look_again_at = least(look_again_at, ${timeOf('$2')}) where task_id = $1`;

/** Also for a task that is being shown: what was read for that may be older than the change. */
const LOOK_AGAIN = `
update report_cursor set look_asked = true, look_again_at = least(look_again_at, ${timeOf('$2')}) where task_id = $1`;

const TAKE_BACK = `
update report_cursor set hold_until = null, holder = null where holder = $1
returning task_id`;

const SAVE = `
with held as (select task_id from report_cursor where task_id = $1 and holder = $7)
insert into report (task_id, reporter, external_id, delivered_hash, delivered_at)
select task_id, $2, $3, $4, ${timeIn('$5', '$6')} from held
on conflict (task_id, reporter) do update set
  external_id = excluded.external_id, delivered_hash = excluded.delivered_hash, delivered_at = excluded.delivered_at
returning task_id`;

const SETTLE = `
update report_cursor
set reported_revision = greatest(reported_revision, $2),
  look_again_at = case when look_asked then least(look_again_at, ${timeIn('$3', '$4')}) else ${timeIn('$3', '$4')} end,
  hold_until = null, holder = null
where task_id = $1 and holder = $5
returning task_id`;

const RETRY = `
update report_cursor set hold_until = ${timeIn('$2', '$3')}, holder = null
where task_id = $1 and holder = $4
returning task_id`;

/** Work without a lease is due since the task began; the caller only asks whether that is in the past. */
const NEXT = `
select ${msUntil('min(at)', '$1')} as in_ms from (
  select coalesce(c.hold_until, least(t.created_at, ${timeOf('$1')})) as at from report_cursor c join task t on t.id = c.task_id where c.dirty
  union all
  select greatest(look_again_at, hold_until) from report_cursor where look_again_at is not null
) due`;
