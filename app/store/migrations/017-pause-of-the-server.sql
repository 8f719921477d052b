-- `bosun pause --all`: while this is set, no task of the server starts. On the row that every claim locks first.
alter table slot add column paused_at timestamptz;
alter table slot add column paused_by text;
alter table slot add column paused_note text;
