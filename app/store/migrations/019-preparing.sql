-- The session that sets up the environment of an attempt, before the one that works. Its token is taken away when it
-- ends; after that nothing of the attempt reaches a package registry.
alter table attempt add column prepare_token_sha256 text unique;
alter table attempt add column prepare_result jsonb;
-- What was detected or asked for, and what became of it.
alter table attempt add column environment jsonb;
