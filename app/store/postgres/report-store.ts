import type { Database } from '../database.ts';
import type { ReportState, ReportStore } from '../stores.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from './rows/task-row.ts';

export function createReportStore(database: Database): ReportStore {
  return {
    takeDirty: async ({ holder, max, now, leaseMs }) => {
      const rows = await database.query<TaskRow>({
        name: 'report-take',
        text: TAKE,
        values: [max, now, new Date(now.getTime() + leaseMs), holder],
      });
      return rows.map(toTask);
    },
    renewHolds: async ({ holder, taskIds, now, leaseMs }) => {
      const until = new Date(now.getTime() + leaseMs);
      const values = [holder, until, [...taskIds]];
      const rows = await database.query<{ task_id: string }>({ name: 'report-renew', text: RENEW, values });
      return rows.map((row) => row.task_id);
    },
    showAgain: async (taskId, now) => {
      await database.query({ name: 'report-show-again', text: SHOW_AGAIN, values: [taskId, now] });
    },
    takeBack: async (holder) => {
      const rows = await database.query({ name: 'report-take-back', text: TAKE_BACK, values: [holder] });
      return rows.length;
    },
    find: async (taskId, reporter) => {
      const [row] = await database.query<ReportRow>({
        name: 'report-find',
        text: 'select external_id, delivered_hash, delivered_at from report where task_id = $1 and reporter = $2',
        values: [taskId, reporter],
      });
      return row === undefined ? null : toState(row, { taskId, reporter });
    },
    save: async (state, { holder }) => {
      const { taskId, reporter, externalId, deliveredHash, deliveredAt } = state;
      const rows = await database.query({
        name: 'report-save',
        text: SAVE,
        values: [taskId, reporter, externalId, deliveredHash, deliveredAt, holder],
      });
      return { held: rows.length > 0 };
    },
    settle: async (taskId, { holder, revision, lookAgainAt }) => {
      const values = [taskId, revision, lookAgainAt, holder];
      const rows = await database.query({ name: 'report-settle', text: SETTLE, values });
      return { held: rows.length > 0 };
    },
    retryLater: async (taskId, { holder, at }) => {
      const rows = await database.query({ name: 'report-retry', text: RETRY, values: [taskId, at, holder] });
      return { held: rows.length > 0 };
    },
    nextDueAt: async () => {
      const [row] = await database.query<{ at: Date | null }>({ name: 'report-next', text: NEXT });
      return row?.at ?? null;
    },
  };
}

interface ReportRow {
  readonly external_id: string | null;
  readonly delivered_hash: string | null;
  readonly delivered_at: Date | null;
}

function toState(row: ReportRow, key: Pick<ReportState, 'taskId' | 'reporter'>): ReportState {
  return {
    ...key,
    externalId: row.external_id,
    deliveredHash: row.delivered_hash,
    deliveredAt: row.delivered_at,
  };
}

const TAKE = `
with due as (
  select task_id as due_id from report_cursor
  where (dirty or look_again_at <= $2) and (hold_until is null or hold_until <= $2)
  order by ended desc, task_id limit $1
  for update skip locked
),
taken as (
  update report_cursor set hold_until = $3, holder = $4 from due where task_id = due_id
  returning task_id, ended
)
select ${TASK_COLUMNS} from taken join task t on t.id = taken.task_id order by taken.ended desc, t.id`;

const RENEW = `
with held as (
  select task_id as held_id from report_cursor where holder = $1 and task_id = any ($3::text[]) order by task_id for update
)
update report_cursor set hold_until = greatest(hold_until, $2) from held where task_id = held_id
returning task_id`;

const SHOW_AGAIN = `
with forgotten as (update report set delivered_hash = null where task_id = $1)
update report_cursor set look_again_at = least(look_again_at, $2) where task_id = $1`;

const TAKE_BACK = `
update report_cursor set hold_until = null, holder = null where holder = $1
returning task_id`;

const SAVE = `
with held as (select task_id from report_cursor where task_id = $1 and holder = $6)
insert into report (task_id, reporter, external_id, delivered_hash, delivered_at)
select task_id, $2, $3, $4, $5 from held
on conflict (task_id, reporter) do update set
  external_id = excluded.external_id, delivered_hash = excluded.delivered_hash, delivered_at = excluded.delivered_at
returning task_id`;

const SETTLE = `
update report_cursor
set reported_revision = greatest(reported_revision, $2), look_again_at = $3, hold_until = null, holder = null
where task_id = $1 and holder = $4
returning task_id`;

const RETRY = `
update report_cursor set hold_until = $2, holder = null
where task_id = $1 and holder = $3
returning task_id`;

/** Work that nobody holds is due since the task began; the caller only asks whether that is in the past. */
const NEXT = `
select min(at) as at from (
  select coalesce(c.hold_until, t.created_at) as at from report_cursor c join task t on t.id = c.task_id where c.dirty
  union all
  select greatest(look_again_at, hold_until) from report_cursor where look_again_at is not null
) due`;
