-- Deliveries as they came. A row with a body is work; without one it only says that the id is known.
create table inbox (
  id text primary key,
  event text not null,
  body bytea,
  state text not null default 'new' check (state in ('new', 'settled', 'parked')),
  takes integer not null default 0,
  received_at timestamptz not null,
  hidden_until timestamptz,
  ended_at timestamptz,
  note text,
  constraint inbox_body_until_settled check ((state = 'settled') = (body is null)),
  constraint inbox_end check ((state = 'new') = (ended_at is null))
);
create index inbox_unrouted on inbox (received_at, id) where state = 'new';
create index inbox_settled on inbox (received_at) where state = 'settled';

-- Which delivery carries a command out.
create table command_claim (
  key text primary key,
  delivery_id text not null,
  claimed_at timestamptz not null
);

-- Small things to say or show, each once.
create table outbox (
  key text primary key,
  seq bigint generated always as identity,
  installation_id bigint not null,
  repository jsonb not null,
  thread jsonb not null,
  message jsonb not null,
  tries integer not null default 0,
  created_at timestamptz not null,
  due_at timestamptz not null,
  settled_at timestamptz,
  external_id text,
  note text
);
create index outbox_due on outbox (due_at) where settled_at is null;

create table key_value (
  name text primary key,
  value text not null
);
