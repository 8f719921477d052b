-- What a reporter shows changed outside of the rows while it was being shown: it is looked at once more.
alter table report_cursor add column look_asked boolean not null default false;
