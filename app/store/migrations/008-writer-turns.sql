-- Whose turn it is to write to an installation of GitHub. Only statements on this one row decide, so nothing waits long.
create table writer_turn (
  installation_id bigint primary key,
  holder text,
  -- Raised each time the turn goes to somebody; names one holding of it.
  number bigint not null default 0,
  lease_until timestamptz,
  -- The most important of those who wait for the turn; forgotten unless it asks again.
  asked_by text,
  asked_rank smallint,
  asked_until timestamptz,
  -- What was written, folded: each write moves these on by its share of a minute and of an hour.
  minute_at timestamptz not null default '-infinity',
  hour_at timestamptz not null default '-infinity',
  blocked_until timestamptz,
  strikes integer not null default 0 check (strikes >= 0),
  constraint writer_turn_lease check ((holder is null) = (lease_until is null)),
  constraint writer_turn_ask check ((asked_by is null) = (asked_until is null) and (asked_by is null) = (asked_rank is null))
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
