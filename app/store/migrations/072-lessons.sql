-- What outcomes taught about a repository. The text was made by a model and is untrusted.
create table lesson (
  repository_id bigint not null,
  number integer not null,
  kind text not null check (kind in ('constraint', 'decision', 'discovery', 'gotcha', 'reference', 'architecture')),
  text text not null check (length(text) between 1 and 240),
  globs jsonb not null,
  source jsonb not null,
  status text not null check (status in ('proposed', 'active', 'retired')),
  kept_by text,
  helped integer not null default 0,
  harmed integer not null default 0,
  expires_at timestamptz not null,
  primary key (repository_id, number)
);
-- The same outcome is learnt from once.
create unique index lesson_of_source on lesson (repository_id, (source ->> 'taskId'), (source ->> 'check'));
-- The lessons that the agent of a task read.
create table lesson_use (
  task_id text not null references task on delete cascade,
  repository_id bigint not null,
  number integer not null,
  credited boolean not null default false,
  primary key (task_id, number)
);
