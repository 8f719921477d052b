create table attempt (
  task_id text not null references task on delete cascade,
  epoch integer not null,
  token_sha256 text unique,
  budget_nano bigint not null,
  spent_nano bigint not null default 0,
  inflight_nano bigint not null default 0,
  model_calls integer not null default 0,
  -- Keys of the budget scopes it reserved in, `<scope>@<period>`; it is folded into the same ones.
  scope_keys text[] not null,
  start_sha text,
  gate_base_sha text,
  -- Whether the door serves it: until the task leaves RUNNING.
  open boolean not null default true,
  warned_80 boolean not null default false,
  warned_95 boolean not null default false,
  started_at timestamptz not null,
  heartbeat_at timestamptz,
  progress_at timestamptz,
  progress jsonb,
  result jsonb,
  ended_at timestamptz,
  primary key (task_id, epoch),
  constraint attempt_money check (
    spent_nano >= 0 and inflight_nano >= 0 and spent_nano + inflight_nano <= budget_nano),
  constraint attempt_open check (not open or ended_at is null)
) with (fillfactor = 70);
create unique index attempt_one_live on attempt (task_id) where ended_at is null;

create table ledger (
  request_id text primary key,
  task_id text not null,
  epoch integer not null,
  model text not null,
  state text not null default 'reserved' check (state in ('reserved', 'settled')),
  upper_nano bigint not null check (upper_nano >= 0),
  -- Charged to the budgets; never more than was set aside.
  cost_nano bigint,
  -- What the provider asked for beyond the upper bound; zero unless the bound was wrong.
  overrun_nano bigint not null default 0 check (overrun_nano >= 0),
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  cache_write_tokens bigint not null default 0,
  cache_read_tokens bigint not null default 0,
  drawn_at timestamptz not null,
  settled_at timestamptz,
  foreign key (task_id, epoch) references attempt on delete cascade,
  constraint ledger_settled check ((state = 'settled') = (cost_nano is not null)
    and (cost_nano is null) = (settled_at is null)),
  constraint ledger_cost check (cost_nano between 0 and upper_nano)
);
create index ledger_of_attempt on ledger (task_id, epoch);
create index ledger_reserved on ledger (drawn_at) where state = 'reserved';

create table budget_scope (
  -- `<scope>@<period>`, such as `repository-day:17@2026-11-21`.
  key text primary key,
  reserved_nano bigint not null default 0 check (reserved_nano >= 0),
  spent_nano bigint not null default 0 check (spent_nano >= 0),
  -- The cap of the last claim, to know which waiting task fits into what is given back.
  cap_nano bigint
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);

-- Budget raises that were carried out, by the semantic key of their command.
create table budget_raise (
  key text primary key,
  task_id text not null references task on delete cascade,
  add_nano bigint not null check (add_nano > 0),
  by_id bigint not null,
  at timestamptz not null
);
