--! widens report_reporter_check
-- Whether the status comment of the task before this one on its thread was minimized: a report of its own.
alter table report drop constraint report_reporter_check;
alter table report add constraint report_reporter_check check (reporter in ('comment', 'check_run', 'earlier_comment'));
