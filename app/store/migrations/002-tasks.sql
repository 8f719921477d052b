create table task (
  id text primary key,
  seq bigint generated always as identity unique,
  semantic_key text not null unique,
  installation_id bigint not null,
  repository_id bigint not null,
  repository_owner text not null,
  repository_name text not null,
  thread_number integer not null,
  thread_kind text not null check (thread_kind in ('issue', 'pull_request')),
  type text not null,
  state text not null,
  priority smallint not null,
  requested_by_id bigint not null,
  requested_by_login text not null,
  trigger jsonb not null,
  approved_text jsonb not null,
  settings jsonb not null,
  retry_of text references task,
  epoch integer not null default 0,
  lost_attempts integer not null default 0,
  lease_owner text,
  lease_number integer not null default 0,
  lease_until timestamptz,
  wait_reason text,
  wake_at timestamptz,
  wait_note text,
  blocked_on text,
  stop jsonb,
  budget_nano bigint not null,
  -- Folded in when an attempt ends; what the running one spent stands on its own row.
  spent_nano bigint not null default 0,
  -- Set aside for requests of ended attempts that are not settled yet.
  held_nano bigint not null default 0,
  branch text not null,
  base_branch text,
  base_sha text,
  publication jsonb not null default '{}',
  outcome jsonb,
  failure jsonb,
  revision integer not null default 1,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  -- Counted by lane.queued: it could be claimed as far as it alone is concerned.
  eligible boolean not null generated always as (state = 'SUBMITTED' and wait_reason = 'slot' and blocked_on is null) stored,
  constraint task_state check (state in
    ('SUBMITTED', 'HYDRATING', 'RUNNING', 'FINALIZING', 'COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT')),
  constraint task_end check ((state in ('COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT')) = (finished_at is not null)),
  -- A task that has not ended has an owner, or a reason why it waits and a time at which it is looked at.
  constraint task_wait check ((state = 'SUBMITTED') = (wait_reason is not null)
    and (wait_reason is null) = (wake_at is null)),
  constraint task_lease check ((state in ('HYDRATING', 'RUNNING', 'FINALIZING')) = (lease_owner is not null)
    and (lease_owner is null) = (lease_until is null)),
  constraint task_attempt check (epoch > 0 or state not in ('HYDRATING', 'RUNNING', 'FINALIZING')),
  constraint task_money check (spent_nano >= 0 and held_nano >= 0 and spent_nano + held_nano <= budget_nano)
);
create unique index task_one_per_thread on task (repository_id, thread_number)
  where state in ('SUBMITTED', 'HYDRATING', 'RUNNING', 'FINALIZING');
create index task_head on task (repository_id, priority desc, seq) where eligible;
create index task_blocked on task (blocked_on, priority desc, seq) where blocked_on is not null;
create index task_wake on task (wake_at) where state = 'SUBMITTED' and not eligible;
create index task_ready on task (wake_at) where eligible;
create index task_lease_until on task (lease_until) where lease_owner is not null;
create index task_thread on task (repository_id, thread_number, seq desc);
create index task_requested on task (requested_by_id, created_at);
create index task_ended on task (repository_id, finished_at desc) where finished_at is not null;

create table task_event (
  seq bigint generated always as identity primary key,
  task_id text not null references task on delete cascade,
  epoch integer not null,
  kind text not null,
  at timestamptz not null,
  state text not null,
  data jsonb not null
);
create index task_event_of_task on task_event (task_id, seq);

-- One row per repository, changed in the transaction of the task rows it counts. The next claim is the available lane
-- with the lowest turn, so it costs the same with ten tasks waiting and with a million.
create sequence lane_turn;
create table lane (
  repository_id bigint primary key,
  queued integer not null default 0 check (queued >= 0),
  running integer not null default 0 check (running >= 0),
  -- The limit of the last claims; null before the first.
  max_running integer,
  turn bigint not null default nextval('lane_turn'),
  available boolean not null generated always as (queued > 0 and running < coalesce(max_running, 2147483647)) stored
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
create index lane_next on lane (turn) where available;

-- Live attempts in the scopes wider than a repository: `server` and `user:<id>`.
create table slot (
  scope text primary key,
  running integer not null default 0 check (running >= 0),
  max_running integer
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
insert into slot (scope) values ('server');
