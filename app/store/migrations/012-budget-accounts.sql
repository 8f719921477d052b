-- When the first task of a period set money aside in it, for its burn rate. Null where an older version made the row.
alter table budget_scope add column opened_at timestamptz;
-- When people were told that most of it is spent; once for each scope and period.
alter table budget_scope add column warned_at timestamptz;
-- The scopes of the current periods without those of all that went before.
create index budget_scope_of_period on budget_scope (split_part(key, '@', 2));
