-- Whether the work of a task is good, computed from what was observed, and how many fixes the agent was sent back for.
alter table task add column verdict jsonb;
