-- How far the reports of a task are. Apart from the task row, so that reporters never hold up a claim.
create table report_cursor (
  task_id text primary key references task on delete cascade,
  -- The task's revision, written in the statement that raises it.
  revision integer not null,
  reported_revision integer not null default 0,
  ended boolean not null default false,
  -- Not before this time, because someone is at it or asked to wait.
  hold_until timestamptz,
  -- Something shown moves without an event (position, time left).
  look_again_at timestamptz,
  dirty boolean not null generated always as (revision > reported_revision) stored
) with (fillfactor = 70);
create index report_dirty on report_cursor (ended desc, task_id) where dirty;
create index report_look_again on report_cursor (look_again_at) where look_again_at is not null;

create table report (
  task_id text not null references task on delete cascade,
  reporter text not null check (reporter in ('comment', 'check_run')),
  external_id text,
  delivered_hash text,
  delivered_at timestamptz,
  primary key (task_id, reporter)
);
