-- Commands on a pull request are about the task that opened it.
create index task_pull on task (repository_id, (publication ->> 'pullNumber')) where publication ->> 'pullNumber' is not null;
