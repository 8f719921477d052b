import { TASK_STATES, type TaskState } from '../../../../protocol/index.ts';
import { estimateWait } from '../../../budget/estimate-wait.ts';
import { readEvent, type TaskEvent } from '../../../task/events.ts';
import type { Task } from '../../../task/task.ts';
import type { Queryable } from '../../database.ts';
import type { QueuePosition, TaskFilter, TaskStore } from '../../stores.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';

const LIVE = 't.finished_at is null';
/** In the queue: eligible, or stopped by a limit that others may free. */
const QUEUED = `state = 'SUBMITTED' and (wait_reason = 'slot' or blocked_on is not null)`;

export async function findTask(db: Queryable, id: string): Promise<Task | null> {
  const [row] = await db.query<TaskRow>({
    name: 'task-find',
    text: `select ${TASK_COLUMNS} from task t where t.id = $1`,
    values: [id],
  });
  return row === undefined ? null : toTask(row);
}

export async function findActive(
  db: Queryable,
  thread: { repositoryId: number; number: number },
): Promise<Task | null> {
  const [row] = await db.query<TaskRow>({
    name: 'task-find-active',
    text: `select ${TASK_COLUMNS} from task t where t.repository_id = $1 and t.thread_number = $2 and ${LIVE}`,
    values: [thread.repositoryId, thread.number],
  });
  return row === undefined ? null : toTask(row);
}

export async function findLatest(
  db: Queryable,
  thread: { repositoryId: number; number: number },
): Promise<Task | null> {
  const [row] = await db.query<TaskRow>({
    name: 'task-find-latest',
    text: `select ${TASK_COLUMNS} from task t where t.repository_id = $1 and t.thread_number = $2 order by t.seq desc limit 1`,
    values: [thread.repositoryId, thread.number],
  });
  return row === undefined ? null : toTask(row);
}

export async function findByPull(db: Queryable, pull: { repositoryId: number; number: number }): Promise<Task | null> {
  const [row] = await db.query<TaskRow>({
    name: 'task-find-by-pull',
    text: `select ${TASK_COLUMNS} from task t
      where t.repository_id = $1 and t.publication ->> 'pullNumber' = $2 order by t.seq desc limit 1`,
    values: [pull.repositoryId, String(pull.number)],
  });
  return row === undefined ? null : toTask(row);
}

export async function findOpener(db: Queryable, pull: { repositoryId: number; number: number }): Promise<Task | null> {
  const [row] = await db.query<TaskRow>({
    name: 'task-find-opener',
    text: `select ${TASK_COLUMNS} from task t
      where t.repository_id = $1 and t.publication ->> 'pullNumber' = $2 and t.thread_number <> $3
      order by t.seq desc limit 1`,
    values: [pull.repositoryId, String(pull.number), pull.number],
  });
  return row === undefined ? null : toTask(row);
}

export async function findByBranch(
  db: Queryable,
  at: { repositoryId: number; branches: readonly string[] },
): Promise<Task | null> {
  const [row] = await db.query<TaskRow>({
    name: 'task-find-by-branch',
    text: `select ${TASK_COLUMNS} from task t
      where t.repository_id = $1 and t.branch = any ($2) and t.thread_kind = 'issue'
        and t.publication ->> 'pullNumber' is not null
      order by t.seq desc limit 1`,
    values: [at.repositoryId, [...at.branches]],
  });
  return row === undefined ? null : toTask(row);
}

export async function countTriggered(
  db: Queryable,
  thread: Parameters<TaskStore['countTriggered']>[0],
): Promise<number> {
  const [row] = await db.query<{ count: number }>({
    name: 'task-count-triggered',
    text: `select count(*)::int as count from task
      where repository_id = $1 and thread_number = $2 and trigger ->> 'kind' = $3`,
    values: [thread.repositoryId, thread.number, thread.trigger],
  });
  return row?.count ?? 0;
}

/** Newest first. */
export async function listTasks(db: Queryable, filter: TaskFilter): Promise<Task[]> {
  const rows = await db.query<TaskRow>({
    name: 'task-list',
    text: `select ${TASK_COLUMNS} from task t
      where ($1::text[] is null or t.state = any ($1)) and ($2::bigint is null or t.repository_id = $2)
        and ($3::bigint is null or t.installation_id = $3)
      order by t.seq desc limit $4`,
    values: [
      filter.states === undefined ? null : [...filter.states],
      filter.repositoryId ?? null,
      filter.installationId ?? null,
      filter.limit,
    ],
  });
  return rows.map(toTask);
}

export async function listEvents(db: Queryable, taskId: string, afterSeq: number): Promise<TaskEvent[]> {
  const rows = await db.query<EventRow>({
    name: 'task-events',
    text: `select seq, task_id, epoch, kind, at, state, data from task_event where task_id = $1 and seq > $2 order by seq`,
    values: [taskId, afterSeq],
  });
  return rows.map(({ task_id: id, ...row }) => readEvent({ ...row, taskId: id }));
}

interface EventRow {
  readonly seq: number;
  readonly task_id: string;
  readonly epoch: number;
  readonly kind: string;
  readonly at: Date;
  readonly state: TaskState;
  readonly data: unknown;
}

export async function findPosition(db: Queryable, taskId: string): Promise<QueuePosition | null> {
  const [row] = await db.query<PositionRow>({
    name: 'task-position',
    text: POSITION,
    values: [taskId],
  });
  if (row === undefined) {
    return null;
  }
  const position = row.ahead + 1;
  const etaMs = estimateWait({ position, running: row.running, durationsMs: row.durations_ms });
  return { position, waiting: row.waiting, running: row.running, etaMs, block: blockOf(row) };
}

interface PositionRow {
  readonly ahead: number;
  readonly waiting: number;
  readonly running: number;
  readonly durations_ms: number[];
  /** Limits that are reached. */
  readonly server_full: number | null;
  readonly lane_full: number | null;
  readonly paused_by: string | null;
  readonly paused_note: string | null;
}

function blockOf(row: PositionRow): QueuePosition['block'] {
  if (row.paused_by !== null) {
    return { scope: 'pause', by: row.paused_by, note: row.paused_note };
  }
  if (row.server_full !== null) {
    return { scope: 'server', limit: row.server_full };
  }
  return row.lane_full === null ? null : { scope: 'repository', limit: row.lane_full };
}

const POSITION = `
select lane.running, pause.paused_by, pause.paused_note,
  (select max_running from slot where scope = 'server' and running >= max_running) as server_full,
  case when lane.running >= lane.max_running then lane.max_running end as lane_full,
  (select count(*)::int from task w where w.repository_id = t.repository_id and ${QUEUED}) as waiting,
  (select count(*)::int from task w where w.repository_id = t.repository_id and ${QUEUED}
    and (w.priority > t.priority or (w.priority = t.priority and w.seq < t.seq))) as ahead,
  array(select (extract(epoch from e.finished_at - e.started_at) * 1000)::bigint from task e
    where e.repository_id = t.repository_id and e.finished_at is not null and e.started_at is not null
    order by e.finished_at desc, e.seq desc limit 20) as durations_ms
from (select * from task where id = $1 and ${QUEUED}) t join lane using (repository_id)
left join (select paused_by, paused_note from slot where scope = 'server') pause on true`;

/** Looks at lanes with a free slot only, and at none while the server is full: waiting for a slot is normal. */
export async function findOldestReady(db: Queryable): Promise<Date | null> {
  const [row] = await db.query<{ at: Date | null }>({
    name: 'task-oldest-ready',
    text: `select min(t.wake_at) as at from task t join lane using (repository_id)
      where t.eligible and lane.available and not exists (
        select from slot
        where scope = 'server' and (running >= coalesce(max_running, 2147483647) or paused_at is not null))`,
  });
  return row?.at ?? null;
}

export async function countTasks(db: Queryable): Promise<Record<TaskState, number>> {
  const rows = await db.query<{ state: TaskState; tasks: number }>({
    name: 'task-counts',
    text: 'select state, count(*)::int as tasks from task group by state',
  });
  const counted = new Map(rows.map((row) => [row.state, row.tasks]));
  return Object.fromEntries(TASK_STATES.map((state) => [state, counted.get(state) ?? 0])) as Record<TaskState, number>;
}
