-- A step of an attempt changes the state and no time by which rows are looked for. Indexes whose predicates do not name
-- the state let PostgreSQL write such a step into the same page, without touching any index.
create unique index task_one_unended on task (repository_id, thread_number) where finished_at is null;
drop index task_one_per_thread;
create index task_wake_at on task (wake_at) where wake_at is not null and not eligible;
drop index task_wake;
alter table task set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
