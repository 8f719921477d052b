import { TASK_STATES, type TaskState } from '../../../../protocol/index.ts';
import type { RepositoryRef } from '../../../task/task.ts';
import type { Database } from '../../database.ts';
import type { ModelUsageRow, TaskListStore, UsageGroup, UsageRow } from '../../task-lists.ts';
import { ATTEMPT_COLUMNS, toAttempt, type AttemptRow } from '../rows/attempt-row.ts';
import { listPage } from './list-tasks.ts';

export function createTaskListStore(database: Database): TaskListStore {
  return {
    page: (query) => listPage(database, query),

    counts: async (repositoryIds) => {
      const rows = await database.query<{ state: TaskState; tasks: number }>({
        name: 'list-counts',
        text: `select state, count(*)::int as tasks from task
          where $1::bigint[] is null or repository_id = any ($1) group by state`,
        values: [repositoryIds === null ? null : [...repositoryIds]],
      });
      const counted = new Map(rows.map((row) => [row.state, row.tasks]));
      const entries = TASK_STATES.map((state) => [state, counted.get(state) ?? 0]);
      return Object.fromEntries(entries) as Record<TaskState, number>;
    },

    repositories: async () => {
      const rows = await database.query<{ id: number; owner: string; name: string; installation_id: number }>({
        name: 'list-repositories',
        text: `select lane.repository_id as id, t.repository_owner as owner, t.repository_name as name, t.installation_id
          from lane cross join lateral (
            select repository_owner, repository_name, installation_id from task
            where repository_id = lane.repository_id order by repository_id, thread_number desc, seq desc limit 1) t
          order by lower(t.repository_owner) collate "C", lower(t.repository_name) collate "C"`,
      });
      return rows.map(
        ({ installation_id: installationId, ...repository }): RepositoryRef & { installationId: number } => ({
          ...repository,
          installationId,
        }),
      );
    },

    attempts: async (taskId) => {
      const rows = await database.query<AttemptRow>({
        name: 'list-attempts',
        text: `select ${ATTEMPT_COLUMNS} from attempt a where a.task_id = $1 order by a.epoch`,
        values: [taskId],
      });
      return rows.map(toAttempt);
    },

    usage: ({ by, from, limit, repositoryIds, to }) =>
      database.query<UsageRow>({
        name: `list-usage-${by}`,
        text: `select ${GROUPS[by]} as key, count(*)::int as tasks,
            (count(*) filter (where t.state = 'COMPLETED' and t.publication ->> 'pullNumber' is not null))::int as published,
            sum(t.spent_nano)::bigint as "costNano"
          from task t
          where t.created_at >= $1 and t.created_at < $2 and ($3::bigint[] is null or t.repository_id = any ($3))
          group by 1 order by ${by === 'day' ? '1' : `4 desc, (${GROUPS[by]}) collate "C"`} limit $4`,
        values: [from, to, repositoryIds === null ? null : [...repositoryIds], limit],
      }),

    modelUsage: ({ from, repositoryIds, to }) =>
      database.query<ModelUsageRow>({
        name: 'list-model-usage',
        text: `select l.model, l.purpose, count(*)::int as requests, sum(l.input_tokens)::bigint as "inputTokens",
            sum(l.output_tokens)::bigint as "outputTokens", sum(l.cache_read_tokens)::bigint as "cacheReadTokens",
            sum(l.cost_nano)::bigint as "costNano"
          from ledger l
          where l.state = 'settled' and l.drawn_at >= $1 and l.drawn_at < $2 and ($3::bigint[] is null or exists (
            select from task t where t.id = l.task_id and t.repository_id = any ($3)))
          group by l.model, l.purpose order by 7 desc, l.model collate "C", l.purpose collate "C"`,
        values: [from, to, repositoryIds === null ? null : [...repositoryIds]],
      }),
  };
}

const GROUPS: Readonly<Record<UsageGroup, string>> = {
  day: `to_char(t.created_at at time zone 'UTC', 'YYYY-MM-DD')`,
  repository: `t.repository_owner || '/' || t.repository_name`,
  person: 't.requested_by_login',
  type: 't.type',
  state: 't.state',
};
