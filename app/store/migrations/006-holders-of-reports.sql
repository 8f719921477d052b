-- Which reporter is at it, so that what a dead one held is taken back, and what it writes later is refused.
alter table report_cursor add column holder text;
alter table outbox add column holder text;
create index report_held on report_cursor (holder) where holder is not null;
create index outbox_held on outbox (holder) where holder is not null and settled_at is null;
