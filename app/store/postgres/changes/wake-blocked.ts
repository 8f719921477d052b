import { splitBudgetKey, type BudgetKey, type SlotScope } from '../../../task/scope.ts';
import type { WakingQueryable } from '../waking-database.ts';

/** How many tasks one release of money wakes at most; each that starts wakes others when it ends. */
const MOST_PER_BUDGET = 20;

/**
 * Wakes what waits for scopes that were freed in this transaction, which holds the slots: the first task of each
 * slot scope, and those of a budget scope that fit into what it has left. They keep their note until a claim looks at them.
 */
export async function wakeBlocked(
  tx: WakingQueryable,
  freed: { slots: readonly SlotScope[]; scopeKeys: readonly BudgetKey[]; now: Date },
): Promise<void> {
  const slots = freed.slots.map((blockedOn) => ({ blockedOn, most: 1, key: null }));
  const budgets = freed.scopeKeys.map((key) => ({
    blockedOn: `budget:${splitBudgetKey(key).scope}` as const,
    most: MOST_PER_BUDGET,
    key,
  }));
  const scopes = [...slots, ...budgets];
  const woken = await tx.query<{ id: string }>({
    name: 'tasks-wake-blocked',
    text: WAKE,
    values: [
      scopes.map((scope) => scope.blockedOn),
      scopes.map((scope) => scope.most),
      scopes.map((scope) => scope.key),
      freed.now,
    ],
  });
  woken.forEach(({ id }) => tx.wake({ kind: 'task', id }));
}

const WAKE = `
with picked as (
  select distinct first.id, first.repository_id
  from unnest($1::text[], $2::int[], $3::text[]) as freed (blocked_on, most, key)
  left join budget_scope b on b.key = freed.key
  cross join lateral (
    select waiting.id, waiting.repository_id
    from task waiting
    where waiting.blocked_on = freed.blocked_on
      and (b.cap_nano is null
        or waiting.budget_nano - waiting.spent_nano - waiting.held_nano <= b.cap_nano - b.reserved_nano - b.spent_nano)
    order by waiting.priority desc, waiting.seq
    limit freed.most
  ) first
),
lanes as (
  select lane.repository_id from lane
  where lane.repository_id in (select repository_id from picked)
  order by lane.repository_id
  for update
),
woken as (
  update task set wait_reason = 'slot', blocked_on = null, wake_at = $4
  from picked join lanes using (repository_id)
  where task.id = picked.id and task.state = 'SUBMITTED' and task.blocked_on is not null
  returning task.id, task.repository_id
),
laned as (
  update lane set queued = lane.queued + counted.tasks
  from (select repository_id, count(*)::int as tasks from woken group by repository_id) counted
  where lane.repository_id = counted.repository_id
)
select woken.id from woken`;
