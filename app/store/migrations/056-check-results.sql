-- How every check of the attempt stands at the head and at the base, once all have run.
alter table attempt add column check_results jsonb;
