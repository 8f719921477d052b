import type { Database } from '../../app/store/database.ts';
import { makeTask } from '../frame/bench-task.ts';

/** Repositories that share the waiting tasks evenly. */
export const REPOSITORIES = 1_000;

/**
 * Makes an empty schema hold `tasks` waiting tasks with their lanes, as admission would have left them, and brings the
 * planner's statistics up to date. Rows are made in the database, or a million would take an hour.
 */
export async function fillBacklog(database: Database, tasks: number): Promise<void> {
  const { settings, text, trigger } = makeTask(new Date(), { repository: 1, thread: 1 });
  await database.query({ text: FILL, values: [tasks, REPOSITORIES, trigger, text, settings].map(toValue) });
  await database.query({
    text: 'insert into lane (repository_id, queued) select repository_id, count(*)::int from task group by 1',
  });
  await database.execute('vacuum analyze task');
  await database.execute('vacuum analyze lane');
  await database.query({ text: 'checkpoint' });
}

function toValue(value: unknown): unknown {
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

const FILL = `
insert into task (id, semantic_key, created_at, wake_at, installation_id, repository_id, repository_owner,
  repository_name, thread_number, thread_kind, type, priority, requested_by_id, requested_by_login, trigger,
  approved_text, settings, budget_nano, branch, state, wait_reason)
select 'backlog-' || n, 'backlog:' || n, now(), now(), 1, 1 + n % $2::int, 'harbor-tools', 'repository-' || n % $2::int, n,
  'issue', 'implement', 5, 1 + n % 500, 'mira', $3::jsonb, $4::jsonb, $5::jsonb, 1000000000, 'bosun/' || n, 'SUBMITTED',
  'slot'
from generate_series(1, $1::int) as n`;
