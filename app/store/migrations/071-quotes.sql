-- What ended tasks cost, by what they have in common; the newest first, so that a quote reads a few rows.
create index task_cost_same on task (
  repository_id, type, coalesce(settings ->> 'size', 'M'), coalesce(settings ->> 'tier', ''), finished_at desc
) where state in ('COMPLETED', 'FAILED', 'TIMED_OUT') and epoch > 0;
create index task_cost_repository on task (repository_id, type, finished_at desc)
  where state in ('COMPLETED', 'FAILED', 'TIMED_OUT') and epoch > 0;
create index task_cost_server on task (type, finished_at desc)
  where state in ('COMPLETED', 'FAILED', 'TIMED_OUT') and epoch > 0;
create index task_quoted on task (repository_id, finished_at desc)
  where state in ('COMPLETED', 'FAILED', 'TIMED_OUT') and epoch > 0 and settings -> 'quote' ->> 'p90Nano' is not null;
