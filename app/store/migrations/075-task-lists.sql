-- Lists of tasks for people: by state and repository in the order of admission, by cost, person, type, number and title.
create index task_list_state on task (state, seq);
create index task_list_repository on task (repository_id, state, seq);
create index task_list_cost on task (repository_id, spent_nano desc, seq desc);
create index task_list_person on task (lower(requested_by_login), seq);
create index task_list_type on task (type, seq);
create index task_list_number on task (thread_number, seq);
-- Words are letters and digits; what stands between them is no part of them, whatever the parser takes it for.
create index task_list_title on task using gin (to_tsvector('simple',
  translate(approved_text ->> 'title', '/.-_:@#&=?+,;()[]{}<>"''`*!|\~^%$', repeat(' ', 34))));
create index task_created on task (created_at);
create index ledger_drawn on ledger (drawn_at) where state = 'settled';
