-- What a task asks a person before it goes on, and the answer: {"kind": "release", "subject": commit, …}.
alter table task add column question jsonb;
-- Logins of those whose text the agent of this attempt read although they may not write; null when nobody looked.
alter table attempt add column outsiders jsonb;
