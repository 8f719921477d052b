-- Work that one process does for all of them, each kind at most once in its time.
create table duty (
  name text primary key,
  holder text,
  number bigint not null default 0,
  lease_until timestamptz,
  due_at timestamptz not null default '-infinity',
  -- How far the work has come, in words of its own.
  cursor text,
  constraint duty_lease check ((holder is null) = (lease_until is null))
);

-- What was seen of a repository the last time its open triggers were compared with tasks.
create table watched_repository (
  repository_id bigint primary key,
  etag text,
  -- GitHub's time of the latest change that was looked at.
  seen_through timestamptz not null
);

-- When it was last sent: it may be at GitHub though no answer came, and a list that lacks it counts only a while after.
alter table outbox add column sent_at timestamptz;
