-- What set-up leaves behind, shared by the tasks of one repository. The bytes are in the artifacts.
create table environment (
  -- SHA-256 over everything that decides what set-up installs.
  key text primary key,
  repository_id bigint not null,
  -- The attempt that prepares it; valid only while that attempt is under way.
  preparing_task text,
  preparing_epoch integer,
  -- SHA-256 of the archive; null until there is one.
  sha256 text,
  parts integer not null default 0,
  bytes bigint not null default 0 check (bytes >= 0),
  made_at timestamptz,
  used_at timestamptz not null,
  constraint environment_made check ((sha256 is null) = (made_at is null))
);
create index environment_used on environment (used_at) where sha256 is not null;
