import { decideLimits } from '../../../budget/decide-limits.ts';
import { lowerLimits } from '../../../budget/lower-limits.ts';
import { budgetScopes, scopeKey, type ScopeState } from '../../../budget/scopes.ts';
import type { Task } from '../../../task/task.ts';
import type { Claimed, Claimer } from '../../stores.ts';
import { slotFactsOf } from '../../rules/task-facts.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';
import { parkTask } from './park-task.ts';
import { startTask } from './start-task.ts';
import type { WakingDatabase, WakingQueryable } from '../waking-database.ts';

type Try = { readonly kind: 'nothing' | 'parked' } | { readonly kind: 'empty'; readonly repositoryId: number };

/** How often a lane that counts tasks but shows none is asked again, before the others have their turn. */
const MOST_EMPTY = 3;

/**
 * Claims the next task; see `lock-task.ts` for the order of its locks. The server's slot row is taken first, so claims
 * follow each other and need no other lock on slots and budgets; a server without a free slot, or without a lane that
 * has something to give, is left untouched. Each head that a limit stops is one transaction of its own.
 */
export async function claimTask(database: WakingDatabase, by: Claimer): Promise<Claimed | null> {
  const emptyTries = new Map<number, number>();
  for (;;) {
    const excluded = [...emptyTries].filter(([, tries]) => tries >= MOST_EMPTY).map(([id]) => id);
    const result = await database.transaction((tx) => tryClaim(tx, by, excluded));
    if ('attempt' in result) {
      return result;
    }
    if (result.kind === 'nothing') {
      return null;
    }
    if (result.kind === 'empty') {
      emptyTries.set(result.repositoryId, (emptyTries.get(result.repositoryId) ?? 0) + 1);
    }
  }
}

async function tryClaim(tx: WakingQueryable, by: Claimer, excluded: readonly number[]): Promise<Claimed | Try> {
  const { concurrency } = by.limits;
  const wide = budgetScopes({ repositoryId: '*', now: by.now, limits: by.limits.budgets });
  // Sent together: the second runs after the first holds its lock, and sees what those before it committed.
  const [free, [row]] = await Promise.all([
    tx.query({ name: 'claim-gate', text: GATE, values: [concurrency.server, concurrency.repository] }),
    tx.query<HeadRow>({
      name: 'claim-pick',
      text: PICK,
      values: [concurrency.repository, excluded, wide.map(scopeKey)],
    }),
  ]);
  if (free.length === 0 || row === undefined) {
    return { kind: 'nothing' };
  }
  if (row.id === null) {
    return { kind: 'empty', repositoryId: row.lane_id };
  }
  const task = toTask(row);
  const scopes = readScopes(task, by, row.budgets);
  const decision = decideLimits({
    now: by.now,
    slots: slotFactsOf(task, {
      userRunning: row.user_running,
      repositoryRunning: row.lane_running,
      userLimit: concurrency.user,
    }),
    scopes,
    neededNano: task.budgetNano - task.spentNano - row.held_nano,
  });
  if (decision.start) {
    return startTask(tx, { task, by, scopes });
  }
  await parkTask(tx, { task, refusal: decision, now: by.now });
  return { kind: 'parked' };
}

type HeadRow = (TaskRow | { readonly id: null }) & {
  readonly lane_id: number;
  readonly lane_running: number;
  readonly held_nano: number;
  readonly user_running: number;
  readonly budgets: Readonly<Record<string, { reserved: number; spent: number }>> | null;
};

function readScopes(task: Task, by: Claimer, budgets: HeadRow['budgets']): ScopeState[] {
  const limits = lowerLimits(by.limits.budgets, task.settings.limits ?? null);
  const scopes = budgetScopes({ repositoryId: task.repository.id, now: by.now, limits });
  return scopes.map((scope) => {
    const kept = budgets?.[scopeKey(scope)];
    return { ...scope, reservedNano: kept?.reserved ?? 0, spentNano: kept?.spent ?? 0 };
  });
}

const GATE = `
select from slot
where scope = 'server' and running < $1 and exists (select from lane where available and running < $2)
for update`;

// The lane is read through a sub-select, so that the planner walks the index of heads in order and stops at the first.
const PICK = `
with lane_head as (
  select repository_id, running from lane
  where available and running < $1 and repository_id <> all ($2::bigint[])
  order by turn limit 1
  for update skip locked
),
head as (
  select task.* from task
  where task.eligible and task.repository_id = (select repository_id from lane_head)
  order by task.priority desc, task.seq limit 1
  for update
)
select l.repository_id as lane_id, l.running as lane_running, ${TASK_COLUMNS}, t.held_nano,
  coalesce((select running from slot where scope = 'user:' || t.requested_by_id), 0) as user_running,
  (select jsonb_object_agg(b.key, jsonb_build_object('reserved', b.reserved_nano, 'spent', b.spent_nano))
    from budget_scope b
    where b.key in (select replace(wide, '*', l.repository_id::text) from unnest($3::text[]) wide)) as budgets
from lane_head l left join head t on true`;
