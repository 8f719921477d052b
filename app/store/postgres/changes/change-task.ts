/**
 * The only place where a row of `task` gets another state, epoch or lease owner after it was admitted; a test of the
 * project sees to that. One statement writes the row, what happened to it, and that its reports are due.
 */
export interface TaskChangeSql {
  /** Assignments; not the state and the revision, which are written here. */
  readonly set?: readonly string[];
  /** What the update reads besides the row. */
  readonly from?: string;
  readonly where: string;
  /** SQL expressions: the state afterwards (null keeps it), and the array of states that it may follow. */
  readonly state?: { readonly to: string; readonly sources: string };
  /** Of the CTE `changed`; the row and what `from` has unless given. */
  readonly returning?: string;
  /** SQL expression for the time of the events. */
  readonly at: string;
  /** SQL expression for a JSON array of `{ kind, state, data }`; may read `changed`. */
  readonly events: string;
  /** By how much the revision grows, as an SQL expression: 1 unless given. */
  readonly revision?: string;
}

/** CTEs, from `changed` on, that change rows of `task`. */
export function changeTask(sql: TaskChangeSql): string {
  const set = [
    `revision = task.revision + ${sql.revision ?? '1'}`,
    ...(sql.state === undefined ? [] : [`state = coalesce(${sql.state.to}, task.state)`]),
    ...(sql.set ?? []),
  ];
  const guard = sql.state === undefined ? '' : `and task.state = any (${sql.state.sources})`;
  return `
changed as (
  update task set ${set.join(', ')}
  ${sql.from === undefined ? '' : `from ${sql.from}`}
  where (${sql.where}) ${guard}
  returning ${sql.returning ?? '*'}
),
logged as (
  insert into task_event (task_id, epoch, kind, at, state, data)
  select changed.id, changed.epoch, e.event ->> 'kind', ${sql.at}, coalesce(e.event ->> 'state', changed.state),
    coalesce(e.event -> 'data', '{}')
  from changed cross join jsonb_array_elements(${sql.events}) with ordinality as e (event, place)
  order by changed.seq, e.place
),
shown as (
  update report_cursor c set revision = changed.revision, ended = changed.finished_at is not null
  from changed where c.task_id = changed.id
)`;
}

/**
 * The fence of a step against the row: the same check as `matchesFence`. The parameters are the attempt's epoch and the
 * number of the lease, which is 0 for a task without a lease.
 */
export function fenceMatches(fence: { readonly epoch: string; readonly leaseNumber: string }): string {
  return `task.epoch = ${fence.epoch}
    and (case when task.lease_owner is null then 0 else task.lease_number end) = ${fence.leaseNumber}`;
}
