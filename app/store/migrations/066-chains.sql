-- What follows the task of an issue by itself. A row moves on only from the task that it names, so that a crash between
-- two of its tasks neither repeats nor loses one.
create table chain (
  id text primary key references task on delete cascade,
  pull_number integer not null,
  links jsonb not null,
  -- [{"link": "review", "taskId": …}, …], the current one last.
  steps jsonb not null,
  task_id text not null,
  state text not null default 'running' check (state in ('running', 'passed', 'human', 'inconclusive', 'stopped')),
  note text,
  updated_at timestamptz not null
);
create index chain_running on chain (task_id) where state = 'running';
create index task_chained on task (finished_at) where settings -> 'chain' is not null and state = 'COMPLETED';
