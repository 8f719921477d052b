-- Tokens of people for the API. The token itself is shown once and not kept.
create table api_token (
  id text primary key,
  sha256 text not null unique,
  owner_id bigint not null,
  owner_login text not null,
  name text not null,
  scope text not null check (scope in ('read', 'act')),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked boolean not null default false
);
create index api_token_owner on api_token (owner_id, created_at desc) where not revoked;
-- Writes over the API by their idempotency key, and how they were answered.
create table api_request (
  key text primary key,
  sha256 text not null,
  claimed_at timestamptz not null,
  status integer,
  body jsonb
);
create index api_request_age on api_request (claimed_at);
