--! widens report_reporter_check
-- What a task shows on a pull request beside its comment: one review, or an answer to each review thread.
alter table report drop constraint report_reporter_check;
alter table report add constraint report_reporter_check
  check (reporter in ('comment', 'check_run', 'earlier_comment', 'result'));
