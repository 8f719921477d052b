-- What decisions need was read back from the data of events. It stands in columns of its own now, and events are only
-- for people. Rows of before are filled from the events they have.

-- How the worker's session ended, written by the step into FINALIZING.
alter table attempt add column session_end jsonb;
-- Services the task waits for because they do not answer: {"github": {"since": ISO 8601, "waits": 2}}.
alter table task add column outages jsonb not null default '{}';
-- The restore of a backup after which the task was compared with GitHub last.
alter table task add column compared_restore timestamptz;

update attempt a set session_end = ended.session
from (
  select distinct on (task_id, epoch) task_id, epoch, data -> 'session' as session
  from task_event where kind = 'task.session_ended' and data -> 'session' is not null
  order by task_id, epoch, seq desc
) ended
where ended.task_id = a.task_id and ended.epoch = a.epoch;

-- The attempt that was published last.
update task t set publication = t.publication || jsonb_build_object('epoch', pushed.epoch)
from (select task_id, max(epoch) as epoch from task_event where kind = 'task.pushed' group by task_id) pushed
where pushed.task_id = t.id;

update task t set compared_restore = compared.at
from (
  select task_id, max((data ->> 'restored')::timestamptz) as at
  from task_event where data ? 'restored' group by task_id
) compared
where compared.task_id = t.id;

update task t set outages = waiting.outages
from (
  select task_id, jsonb_object_agg(service, jsonb_build_object('since', since, 'waits', waits)) as outages
  from (
    select e.task_id, case e.data ->> 'reason' when 'backoff' then 'store' else e.data ->> 'reason' end as service,
      min(e.at) as since, count(*) as waits
    from task_event e
    where e.kind = 'task.waiting' and e.data ->> 'reason' in ('github', 'backoff', 'model')
      and e.seq > coalesce((
        select max(over.seq) from task_event over
        where over.task_id = e.task_id
          and case when e.data ->> 'reason' = 'model' then over.kind = 'task.resumed' and over.data ? 'by'
            else over.kind = 'task.started' end
      ), 0)
    group by 1, 2
  ) counted
  group by task_id
) waiting
where waiting.task_id = t.id and t.finished_at is null;
