-- The session that runs checks of an attempt, after the one that worked. Its token reads one commit and nothing else.
alter table attempt add column check_token_sha256 text unique;
alter table attempt add column check_session jsonb;
alter table attempt add column checked_result jsonb;
-- How each check went, at each commit and each try.
create table check_run (
  seq bigint generated always as identity unique,
  task_id text not null,
  epoch integer not null,
  name text not null,
  commit_sha text not null,
  try integer not null,
  place text not null check (place in ('head', 'base')),
  run jsonb not null,
  primary key (task_id, epoch, name, commit_sha, try),
  foreign key (task_id, epoch) references attempt on delete cascade
);
-- What is known of a check at a base commit, for the next tasks that start there.
create table base_run (
  -- SHA-256 over repository, commit, definition of the check and environment.
  key text primary key,
  repository_id bigint not null,
  run jsonb not null,
  made_at timestamptz not null
);
create index base_run_made on base_run (repository_id, made_at);
