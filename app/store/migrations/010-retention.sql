-- What is kept for a time is found by its age.
create index task_finished on task (finished_at) where finished_at is not null;
create index task_retry_of on task (retry_of) where retry_of is not null;
create index command_claim_age on command_claim (claimed_at);
create index outbox_age on outbox (created_at) where settled_at is not null;
