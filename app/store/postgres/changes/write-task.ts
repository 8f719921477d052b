import type { Attempt } from '../../../task/attempt.ts';
import type { Task } from '../../../task/task.ts';
import { isEligible, isLive, slotScopesOf, type TaskChange } from '../../rules/task-facts.ts';
import { cleanText, toJson } from '../../rules/to-json.ts';
import { wakeUpsOf } from '../../wake-up.ts';
import { changeTask } from './change-task.ts';
import type { LockedTask } from './lock-task.ts';
import { freedValues, wokenTasks } from './wake-blocked.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';
import type { WakingQueryable } from '../waking-database.ts';

interface TaskWrite {
  readonly before: Task;
  readonly change: TaskChange;
  readonly at: Date;
}

/** Writes what a rule made of a locked task: the row, its events, the lane's counters and the wake-ups, in one statement. */
export async function writeTask(tx: WakingQueryable, write: TaskWrite): Promise<Task> {
  const [row] = await tx.query<TaskRow>({ name: 'task-write', text: WRITE, values: valuesOf(write, null) });
  return written(tx, write, row);
}

/**
 * The same for a change that ends the live attempt of a task that is locked from the slots on, still in one statement:
 * both slots are released, what the attempt spent moves from reserved to spent in its budget scopes, what is still in
 * flight stays reserved until it is settled, and what waited for any of it is woken.
 */
export async function writeEnding(
  tx: WakingQueryable,
  write: TaskWrite & { readonly attempt: Attempt; readonly scopeKeys: LockedTask['scopeKeys'] },
): Promise<Task> {
  const { attempt, before, scopeKeys } = write;
  const [user] = slotScopesOf(before);
  const freed = freedValues({ slots: slotScopesOf(before), scopeKeys });
  const [row] = await tx.query<TaskRow & { readonly woken: readonly string[] }>({
    name: 'task-write-ending',
    text: WRITE_ENDING,
    values: [...valuesOf(write, attempt), attempt.epoch, user, ...freed],
  });
  const task = written(tx, write, row);
  row?.woken.forEach((id) => tx.wake({ kind: 'task', id }));
  return task;
}

function written(tx: WakingQueryable, { before, change }: TaskWrite, row: TaskRow | undefined): Task {
  if (row === undefined) {
    throw new Error(`task ${before.id} was gone while it was locked`);
  }
  wakeUpsOf(before, change.next).forEach(tx.wake);
  return toTask(row);
}

/** The money of `ended`, an attempt that ends with this change, is folded into the task's own. */
function valuesOf({ at, before, change }: TaskWrite, ended: Attempt | null): unknown[] {
  const { events, next } = change;
  return [
    next.id,
    at,
    toJson(events),
    events.length,
    next.state,
    next.lostAttempts,
    next.lease?.owner ?? null,
    next.lease?.until ?? null,
    next.wait?.reason ?? null,
    next.wait?.wakeAt ?? null,
    next.wait === null || next.wait.note === null ? null : cleanText(next.wait.note),
    next.wait?.blockedOn ?? null,
    next.stop === null ? null : toJson(next.stop),
    next.budgetNano,
    ended?.spentNano ?? 0,
    next.branch,
    next.baseBranch,
    next.baseSha,
    toJson(next.publication),
    next.outcome === null ? null : toJson(next.outcome),
    next.failure === null ? null : toJson(next.failure),
    next.finishedAt,
    next.text === before.text ? null : toJson(next.text),
    Number(isEligible(next)) - Number(isEligible(before)),
    Number(isLive(next)) - Number(isLive(before)),
    ended?.inflightNano ?? 0,
    toJson(next.outages),
    next.comparedRestore,
    next.question === null ? null : toJson(next.question),
    before.state,
    next.verdict === null ? null : toJson(next.verdict),
  ];
}

const CHANGED = changeTask({
  revision: '$4',
  state: { to: '$5', sources: 'array[$30::text]' },
  set: [
    'lost_attempts = $6',
    'lease_owner = $7',
    'lease_until = $8',
    'wait_reason = $9',
    'wake_at = $10',
    'wait_note = $11',
    'blocked_on = $12',
    'stop = $13',
    'budget_nano = $14',
    'spent_nano = spent_nano + $15',
    'held_nano = held_nano + $26',
    'branch = $16',
    'base_branch = $17',
    'base_sha = $18',
    'publication = $19',
    'outcome = $20',
    'failure = $21',
    'finished_at = $22',
    'approved_text = coalesce($23::jsonb, approved_text)',
    'outages = $27',
    'compared_restore = $28',
    'question = $29',
    'verdict = $31',
  ],
  where: 'id = $1',
  at: '$2::timestamptz',
  events: '$3::jsonb',
});

const WRITE = `
with ${CHANGED},
laned as (
  update lane set queued = queued + $24, running = running + $25
  from changed
  where lane.repository_id = changed.repository_id and ($24 <> 0 or $25 <> 0)
)
select ${TASK_COLUMNS} from changed t`;

// A statement changes a row once: the task's own lane and those of the tasks it wakes are counted together.
const WRITE_ENDING = `
with ${CHANGED},
ended as (
  update attempt set ended_at = $2, open = false where task_id = $1 and epoch = $32 and ended_at is null
  returning *
),
freed_slots as (
  update slot set running = running - 1 from ended where slot.scope in ('server', $33)
),
freed_budgets as (
  update budget_scope b
  set reserved_nano = b.reserved_nano - (ended.budget_nano - ended.inflight_nano),
    spent_nano = b.spent_nano + ended.spent_nano
  from ended
  where b.key = any (ended.scope_keys)
),
${wokenTasks({
  params: ['$34', '$35', '$36'],
  at: '$2',
  given: '(select ended.budget_nano - ended.inflight_nano - ended.spent_nano from ended)',
})},
laned as (
  update lane set queued = lane.queued + counted.queued, running = lane.running + counted.running
  from (
    select repository_id, sum(queued)::int as queued, sum(running)::int as running
    from (
      select repository_id, $24::int as queued, $25::int as running from changed
      union all
      select repository_id, 1, 0 from woken
    ) each_task
    group by repository_id
  ) counted
  where lane.repository_id = counted.repository_id
)
select ${TASK_COLUMNS}, array(select id from woken) as woken from changed t`;
