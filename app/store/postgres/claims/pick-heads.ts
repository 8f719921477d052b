import { budgetScopes, scopeKey } from '../../../budget/scopes.ts';
import type { Claimer } from '../../stores.ts';
import { TASK_COLUMNS, type TaskRow } from '../rows/task-row.ts';
import type { WakingQueryable } from '../waking-database.ts';

/** The head of a lane, locked, with what its limits are compared with; without an id where the lane shows no task. */
export type HeadRow = (TaskRow | { readonly id: null }) & {
  readonly lane_id: number;
  readonly lane_running: number;
  readonly held_nano: number;
  readonly user_running: number;
  readonly budgets: Readonly<Record<string, { reserved: number; spent: number }>> | null;
};

export interface Heads {
  /** How many more tasks the server may run. */
  readonly free: number;
  /** In lane order. */
  readonly heads: readonly HeadRow[];
}

/** Locks the server's slot row and the heads of the next lanes, round robin; nothing when the server is full or paused. */
export async function pickHeads(
  tx: WakingQueryable,
  by: Claimer,
  pick: { max: number; excluded: readonly number[] },
): Promise<Heads> {
  const { concurrency } = by.limits;
  // The statement puts the id of each lane's repository where 0 stands, which no repository has.
  const wide = budgetScopes({ repositoryId: 0, now: by.now, limits: by.limits.budgets });
  // Sent together: the second runs after the first holds its lock, and sees what those before it committed.
  const [[gate], heads] = await Promise.all([
    tx.query<{ free: number }>({
      name: 'claim-gate',
      text: GATE,
      values: [concurrency.server, concurrency.repository],
    }),
    tx.query<HeadRow>({
      name: 'claim-pick',
      text: PICK,
      values: [concurrency.repository, pick.excluded, wide.map(scopeKey), pick.max],
    }),
  ]);
  return gate === undefined ? { free: 0, heads: [] } : { free: gate.free, heads };
}

const GATE = `
select $1::int - running as free from slot
where scope = 'server' and running < $1 and paused_at is null and exists (select from lane where available and running < $2)
for update`;

// The head of each lane is read through a lateral sub-select, so that the index of heads is walked in order and left at
// the first.
/** Exported so that a test can look at its plan. */
export const PICK = `
with lane_head as (
  select repository_id, running, turn from lane
  where available and running < $1 and repository_id <> all ($2::bigint[])
  order by turn limit $4
  for update skip locked
)
select l.repository_id as lane_id, l.running as lane_running, ${TASK_COLUMNS}, t.held_nano,
  coalesce((select running from slot where scope = 'user:' || t.requested_by_id), 0) as user_running,
  (select jsonb_object_agg(b.key, jsonb_build_object('reserved', b.reserved_nano, 'spent', b.spent_nano))
    from budget_scope b
    where b.key in (select replace(wide, ':0@', ':' || l.repository_id || '@') from unnest($3::text[]) wide)) as budgets
from lane_head l
left join lateral (
  select task.* from task
  where task.eligible and task.repository_id = l.repository_id
  order by task.priority desc, task.seq limit 1
  for update
) t on true
order by l.turn`;
