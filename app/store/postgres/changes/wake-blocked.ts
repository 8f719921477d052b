import { splitBudgetKey, type BudgetKey, type SlotScope } from '../../../task/scope.ts';
import type { WakingQueryable } from '../waking-database.ts';

/** How many tasks one release of money wakes at most; each that starts wakes others when it ends. */
const MOST_PER_BUDGET = 20;

export interface FreedScopes {
  readonly slots: readonly SlotScope[];
  readonly scopeKeys: readonly BudgetKey[];
}

/**
 * Wakes what waits for scopes that were freed in this transaction, which holds the slots: the first task of each
 * slot scope, and those of a budget scope that fit into what it has left. They keep their note until a claim looks at them.
 */
export async function wakeBlocked(tx: WakingQueryable, freed: FreedScopes & { readonly now: Date }): Promise<void> {
  const woken = await tx.query<{ id: string }>({
    name: 'tasks-wake-blocked',
    text: WAKE,
    values: [...freedValues(freed), freed.now],
  });
  woken.forEach(({ id }) => tx.wake({ kind: 'task', id }));
}

/** The three parameters of `wokenTasks`: what blocked tasks wait for, how many of each to wake, and the budget's key. */
export function freedValues(freed: FreedScopes): [string[], number[], (BudgetKey | null)[]] {
  const budgets = freed.scopeKeys.map((key) => `budget:${splitBudgetKey(key).scope}`);
  return [
    [...freed.slots, ...budgets],
    [...freed.slots.map(() => 1), ...budgets.map(() => MOST_PER_BUDGET)],
    [...freed.slots.map(() => null), ...freed.scopeKeys],
  ];
}

/**
 * CTEs up to `woken`, the tasks that go back into the queue; the lanes they are in are locked and still to be counted.
 * `given` is what the same statement gives back to each freed budget.
 */
export function wokenTasks(sql: {
  readonly params: readonly [string, string, string];
  readonly at: string;
  readonly given: string;
}): string {
  return `
picked as (
  select distinct first.id, first.repository_id
  from unnest(${sql.params[0]}::text[], ${sql.params[1]}::int[], ${sql.params[2]}::text[]) as freed (blocked_on, most, key)
  left join budget_scope b on b.key = freed.key
  cross join lateral (
    select waiting.id, waiting.repository_id
    from task waiting
    where waiting.blocked_on = freed.blocked_on
      and (b.cap_nano is null or waiting.budget_nano - waiting.spent_nano - waiting.held_nano
        <= b.cap_nano - b.reserved_nano - b.spent_nano + ${sql.given})
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
  update task set wait_reason = 'slot', blocked_on = null, wake_at = ${sql.at}
  from picked join lanes using (repository_id)
  where task.id = picked.id and task.state = 'SUBMITTED' and task.blocked_on is not null
  returning task.id, task.repository_id
)`;
}

const WAKE = `
with ${wokenTasks({ params: ['$1', '$2', '$3'], at: '$4', given: '0' })},
laned as (
  update lane set queued = lane.queued + counted.tasks
  from (select repository_id, count(*)::int as tasks from woken group by repository_id) counted
  where lane.repository_id = counted.repository_id
)
select woken.id from woken`;
