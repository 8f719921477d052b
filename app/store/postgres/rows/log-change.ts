/**
 * CTEs that write down what happened to the task rows of the CTE `changed` and mark their reports as due. The events are
 * a JSON array of `{ kind, state, data }`; `at` and `events` are SQL expressions such as `$3`.
 */
export function logChange(sql: { at: string; events: string }): string {
  return `
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
