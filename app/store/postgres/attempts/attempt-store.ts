import type { Attempt } from '../../../task/attempt.ts';
import type { StopRequest } from '../../../task/task.ts';
import { toJson } from '../../rules/to-json.ts';
import type { AttemptStore, DoorSession } from '../../stores.ts';
import type { WakeUp } from '../../wake-up.ts';
import { ATTEMPT_COLUMNS, toAttempt, type AttemptRow } from '../rows/attempt-row.ts';
import { changeTask, fenceMatches } from '../changes/change-task.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';
import { leaseTime, timeOf, type LeaseClock } from '../lease-clock.ts';
import type { WakingDatabase } from '../waking-database.ts';
import { draw, settle, settleOrphans, totals } from './draw-money.ts';

export function createAttemptStore(database: WakingDatabase, clock: LeaseClock): AttemptStore {
  function wakeIf(changed: readonly object[], wakeUp: WakeUp): void {
    if (changed.length > 0) {
      database.wake(wakeUp);
    }
  }
  return {
    findByToken: async (tokenSha256) => {
      const [row] = await database.query<TaskRow & AttemptRow & { session: DoorSession['kind'] }>({
        name: 'attempt-find-by-token',
        text: FIND_BY_TOKEN,
        values: [tokenSha256],
      });
      return row === undefined
        ? null
        : { kind: row.session, task: toTask(row), attempt: toAttempt(row), current: row.attempt_open };
    },
    find: async ({ taskId, epoch }) => {
      const [row] = await database.query<AttemptRow>({
        name: 'attempt-find',
        text: `select ${ATTEMPT_COLUMNS} from attempt a where a.task_id = $1 and a.epoch = $2`,
        values: [taskId, epoch],
      });
      return row === undefined ? null : toAttempt(row);
    },
    findWithTask: async ({ taskId, epoch, now }) => {
      const [row] = await database.query<TaskRow & AttemptRow & { readonly at: Date }>({
        name: 'attempt-find-with-task',
        text: FIND_WITH_TASK,
        values: [taskId, epoch, leaseTime(clock, now)],
      });
      return row === undefined
        ? null
        : { task: toTask(row), attempt: onClockOf(toAttempt(row), now.getTime() - row.at.getTime()) };
    },
    heartbeat: async ({ taskId, epoch, now }) => {
      const [row] = await database.query<{ stop: (Omit<StopRequest, 'at'> & { at: string }) | null }>({
        name: 'attempt-heartbeat',
        text: HEARTBEAT,
        values: [taskId, epoch, leaseTime(clock, now)],
      });
      const stop = row?.stop ?? null;
      return { current: row !== undefined, stop: stop === null ? null : { ...stop, at: new Date(stop.at) } };
    },
    progress: async ({ taskId, epoch, now, progress }) => {
      const rows = await database.query({
        name: 'attempt-progress',
        text: PROGRESS,
        values: [taskId, epoch, now, toJson(progress), leaseTime(clock, now)],
      });
      wakeIf(rows, { kind: 'report', id: taskId });
      return { current: rows.length > 0 };
    },
    finish: async ({ taskId, epoch, now, result }) => {
      const rows = await database.query({
        name: 'attempt-finish',
        text: FINISH,
        values: [taskId, epoch, leaseTime(clock, now), toJson(result)],
      });
      wakeIf(rows, { kind: 'task', id: taskId });
      return { current: rows.length > 0 };
    },
    finishPrepare: async ({ taskId, epoch, now, result }) => {
      const rows = await database.query({
        name: 'attempt-finish-prepare',
        text: FINISH_PREPARE,
        values: [taskId, epoch, leaseTime(clock, now), toJson(result)],
      });
      wakeIf(rows, { kind: 'task', id: taskId });
      return { current: rows.length > 0 };
    },
    recordEnvironment: async ({ environment, fence, now, prepareTokenSha256 }) => {
      const rows = await database.query({
        name: 'attempt-record-environment',
        text: RECORD_ENVIRONMENT,
        values: [fence.taskId, fence.epoch, fence.leaseNumber, toJson(environment), prepareTokenSha256, now],
      });
      wakeIf(rows, { kind: 'report', id: fence.taskId });
      return { current: rows.length > 0 };
    },
    warn: async ({ taskId, epoch, now, percent }) => {
      const rows = await database.query({
        name: `attempt-warn-${percent}`,
        text: WARN[percent],
        values: [taskId, epoch, now],
      });
      wakeIf(rows, { kind: 'report', id: taskId });
      return { first: rows.length > 0 };
    },
    draw: (request) => draw(database, { ...request, seenAt: leaseTime(clock, request.now) }),
    settle: (request) => settle(database, { ...request, seenAt: leaseTime(clock, request.now) }),
    settleOrphans: (options) => settleOrphans(database, { ...options, seenAt: leaseTime(clock, options.now) }),
    totals: (taskId) => totals(database, taskId),
  };
}

const FIND_BY_TOKEN = `
select ${TASK_COLUMNS}, ${ATTEMPT_COLUMNS},
  case when a.token_sha256 = $1 then 'work' when a.check_token_sha256 = $1 then 'check' else 'prepare' end as session
from attempt a join task t on t.id = a.task_id
where a.token_sha256 = $1 or a.prepare_token_sha256 = $1 or a.check_token_sha256 = $1`;

/** What is timed by the clock of the database, on a clock that is `aheadMs` ahead of it. */
function onClockOf(attempt: Attempt, aheadMs: number): Attempt {
  function shift<Time extends Date | null>(at: Time): Time | Date {
    return at === null ? at : new Date(at.getTime() + aheadMs);
  }
  return {
    ...attempt,
    startedAt: shift(attempt.startedAt),
    heartbeatAt: shift(attempt.heartbeatAt),
    progressAt: shift(attempt.progressAt),
  };
}

const FIND_WITH_TASK = `
select ${TASK_COLUMNS}, ${ATTEMPT_COLUMNS}, ${timeOf('$3')} as at
from attempt a join task t on t.id = a.task_id
where a.task_id = $1 and a.epoch = $2`;

// A heartbeat may be lost in a power cut: the commit does not wait for the disk.
const HEARTBEAT = `
with relaxed as (select set_config('synchronous_commit', 'off', true))
update attempt a set heartbeat_at = greatest(a.heartbeat_at, ${timeOf('$3')})
from relaxed, task t
where a.task_id = $1 and a.epoch = $2 and a.open and t.id = a.task_id
returning t.stop`;

// Only a new phase is an event; every turn moves the revision, so that reporters look.
const PROGRESS = `
with held as (select id from task where id = $1 and epoch = $2 for update),
before as (
  select one.task_id, one.progress ->> 'phase' as phase from attempt one
  where one.task_id = (select id from held) and one.epoch = $2 and one.open
  for update
),
advanced as (
  update attempt a
  set progress = $4, progress_at = greatest(a.progress_at, ${timeOf('$5')}),
    heartbeat_at = greatest(a.heartbeat_at, ${timeOf('$5')})
  from before where a.task_id = before.task_id and a.epoch = $2
),
${changeTask({
  from: 'before',
  where: 'task.id = before.task_id',
  returning: 'task.*, before.phase',
  at: '$3::timestamptz',
  events: `case when changed.phase is not distinct from $4::jsonb ->> 'phase' then '[]'::jsonb
    else jsonb_build_array(jsonb_build_object('kind', 'task.progress', 'data', $4::jsonb)) end`,
})}
select t.id from changed t`;

const FINISH = `
update attempt a set result = coalesce(a.result, $4::jsonb), heartbeat_at = greatest(a.heartbeat_at, ${timeOf('$3')}),
  progress_at = greatest(a.progress_at, ${timeOf('$3')})
where a.task_id = $1 and a.epoch = $2 and a.open
returning a.task_id`;

const FINISH_PREPARE = `
update attempt a set prepare_result = coalesce(a.prepare_result, $4::jsonb), heartbeat_at = greatest(a.heartbeat_at, ${timeOf('$3')}),
  progress_at = greatest(a.progress_at, ${timeOf('$3')})
where a.task_id = $1 and a.epoch = $2 and a.open and a.prepare_token_sha256 is not null
returning a.task_id`;

// The row of the task is changed too, so that reporters look.
const RECORD_ENVIRONMENT = `
with ${changeTask({
  where: `id = $1 and ${fenceMatches({ epoch: '$2', leaseNumber: '$3' })}
    and exists (select from attempt one where one.task_id = $1 and one.epoch = $2 and one.ended_at is null)`,
  at: '$6::timestamptz',
  events: `'[]'::jsonb`,
})},
recorded as (
  update attempt a set environment = $4::jsonb, prepare_token_sha256 = $5
  from changed where a.task_id = changed.id and a.epoch = changed.epoch
)
select t.id from changed t`;

const WARN: Record<80 | 95, string> = { 80: warnText(80), 95: warnText(95) };

function warnText(percent: 80 | 95): string {
  return `
with held as (
  select t.id from task t
  where t.id = $1 and t.epoch = $2
  for update of t
),
warned as (
  update attempt a set warned_${percent} = true
  from held where a.task_id = held.id and a.epoch = $2 and a.open and not a.warned_${percent}
  returning a.task_id
),
${changeTask({
  from: 'warned',
  where: 'task.id = warned.task_id',
  returning: 'task.*',
  at: '$3::timestamptz',
  events: `'[{"kind": "task.budget_warning", "data": {"percent": ${percent}}}]'::jsonb`,
})}
select t.id from changed t`;
}
