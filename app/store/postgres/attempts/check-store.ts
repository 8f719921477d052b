import type { CheckRun } from '../../../task/checks/check.ts';
import type { CheckRow } from '../../../task/checks/decide-checks.ts';
import { toJson } from '../../rules/to-json.ts';
import { BASE_RUN_MS, type CheckStore } from '../../checks.ts';
import { changeTask, fenceMatches } from '../changes/change-task.ts';
import { leaseTime, timeOf, type LeaseClock } from '../lease-clock.ts';
import type { WakingDatabase } from '../waking-database.ts';

export function createCheckStore(database: WakingDatabase, clock: LeaseClock): CheckStore {
  return {
    open: async ({ fence, now, session, tokenSha256 }) => {
      const rows = await database.query({
        name: 'check-open',
        text: OPEN,
        values: [fence.taskId, fence.epoch, fence.leaseNumber, toJson(session), tokenSha256, now],
      });
      return { current: rows.length > 0 };
    },
    close: async ({ fence, now, results }) => {
      const rows = await database.query({
        name: 'check-close',
        text: CLOSE,
        values: [fence.taskId, fence.epoch, fence.leaseNumber, toJson(results), now],
      });
      return { current: rows.length > 0 };
    },
    report: async ({ epoch, event, now, row, taskId }) => {
      const rows = await database.query({
        name: 'check-report',
        text: REPORT,
        values: [taskId, epoch, now, toJson([event]), toJson(row === null ? [] : [row]), leaseTime(clock, now)],
      });
      if (rows.length > 0) {
        database.wake({ kind: 'report', id: taskId });
      }
      return { current: rows.length > 0 };
    },
    finish: async ({ epoch, now, result, taskId }) => {
      const rows = await database.query({
        name: 'check-finish',
        text: FINISH,
        values: [taskId, epoch, leaseTime(clock, now), toJson(result)],
      });
      if (rows.length > 0) {
        database.wake({ kind: 'task', id: taskId });
      }
      return { current: rows.length > 0 };
    },
    record: async ({ events, fence, now, rows: runs }) => {
      const rows = await database.query({
        name: 'check-record',
        text: RECORD,
        values: [fence.taskId, fence.epoch, fence.leaseNumber, now, toJson(events), toJson(runs)],
      });
      if (rows.length > 0) {
        database.wake({ kind: 'report', id: fence.taskId });
      }
      return { current: rows.length > 0 };
    },
    list: async ({ epoch, taskId }) => {
      return database.query<CheckRow & object>({
        name: 'check-list',
        text: 'select name, place as at, try, run from check_run where task_id = $1 and epoch = $2 order by seq',
        values: [taskId, epoch],
      });
    },
    findBase: async (keys) => {
      const rows = await database.query<{ key: string; run: CheckRun }>({
        name: 'check-find-base',
        text: 'select key, run from base_run where key = any ($1)',
        values: [[...keys]],
      });
      return new Map(rows.map(({ key, run }) => [key, run]));
    },
    keepBase: async ({ now, repositoryId, runs }) => {
      const entries = [...runs].map(([key, run]) => ({ key, run }));
      await database.query({
        name: 'check-keep-base',
        text: KEEP_BASE,
        values: [repositoryId, toJson(entries), now, new Date(now.getTime() - BASE_RUN_MS)],
      });
    },
  };
}

// Whatever the agent's session knew of its token is worth nothing while checks run.
const OPEN = `
with ${changeTask({
  where: `id = $1 and ${fenceMatches({ epoch: '$2', leaseNumber: '$3' })}
    and exists (select from attempt one where one.task_id = $1 and one.epoch = $2 and one.open)`,
  at: '$6::timestamptz',
  events: `'[]'::jsonb`,
})},
opened as (
  update attempt a set check_session = $4::jsonb, check_token_sha256 = $5, checked_result = null,
    token_sha256 = null
  from changed where a.task_id = changed.id and a.epoch = changed.epoch
)
select t.id from changed t`;

const CLOSE = `
with ${changeTask({
  where: `id = $1 and ${fenceMatches({ epoch: '$2', leaseNumber: '$3' })}
    and exists (select from attempt one where one.task_id = $1 and one.epoch = $2 and one.open)`,
  at: '$5::timestamptz',
  events: `'[]'::jsonb`,
})},
closed as (
  update attempt a set check_session = null, check_token_sha256 = null, checked_result = null, token_sha256 = null,
    check_results = $4::jsonb
  from changed where a.task_id = changed.id and a.epoch = changed.epoch
)
select t.id from changed t`;

const INSERT_RUNS = `
insert into check_run (task_id, epoch, name, commit_sha, try, place, run)
  select changed.id, $2::integer, r.row ->> 'name', r.row -> 'run' ->> 'commit', (r.row ->> 'try')::integer,
    r.row ->> 'at', r.row -> 'run'
  from changed cross join jsonb_array_elements($RUNS::jsonb) with ordinality as r (row, place)
  order by r.place
  on conflict do nothing`;

const REPORT = `
with held as (select id from task where id = $1 and epoch = $2 for update),
advanced as (
  update attempt a set progress_at = greatest(a.progress_at, ${timeOf('$6')}),
    heartbeat_at = greatest(a.heartbeat_at, ${timeOf('$6')})
  where a.task_id = (select id from held) and a.epoch = $2 and a.open and a.check_token_sha256 is not null
  returning a.task_id
),
${changeTask({
  from: 'advanced',
  where: 'task.id = advanced.task_id',
  returning: 'task.*',
  at: '$3::timestamptz',
  events: '$4::jsonb',
})},
kept as (${INSERT_RUNS.replace('$RUNS', '$5')})
select t.id from changed t`;

const FINISH = `
update attempt a set checked_result = coalesce(a.checked_result, $4::jsonb),
  heartbeat_at = greatest(a.heartbeat_at, ${timeOf('$3')}), progress_at = greatest(a.progress_at, ${timeOf('$3')})
where a.task_id = $1 and a.epoch = $2 and a.open and a.check_token_sha256 is not null
returning a.task_id`;

const RECORD = `
with ${changeTask({
  where: `id = $1 and ${fenceMatches({ epoch: '$2', leaseNumber: '$3' })}`,
  at: '$4::timestamptz',
  events: '$5::jsonb',
})},
kept as (${INSERT_RUNS.replace('$RUNS', '$6')})
select t.id from changed t`;

const KEEP_BASE = `
with gone as (delete from base_run where repository_id = $1 and made_at < $4)
insert into base_run (key, repository_id, run, made_at)
select e.entry ->> 'key', $1, e.entry -> 'run', $3 from jsonb_array_elements($2::jsonb) as e (entry)
on conflict (key) do update set run = excluded.run, made_at = excluded.made_at`;
