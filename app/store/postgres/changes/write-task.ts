import type { Task } from '../../../task/task.ts';
import { isEligible, isLive, type TaskChange } from '../../rules/task-facts.ts';
import { cleanText, toJson } from '../../rules/to-json.ts';
import { logChange } from '../rows/log-change.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';
import type { WakingQueryable } from '../waking-database.ts';

/**
 * Writes what a rule made of a locked task: the row, its events, the lane's counters and the wake-ups, in one
 * statement. `fold` is the money of an attempt that ended in this transaction.
 */
export async function writeTask(
  tx: WakingQueryable,
  write: { before: Task; change: TaskChange; at: Date; fold?: { spentNano: number; heldNano: number } },
): Promise<Task> {
  const { before, change } = write;
  const { next } = change;
  const queued = Number(isEligible(next)) - Number(isEligible(before));
  const running = Number(isLive(next)) - Number(isLive(before));
  const [row] = await tx.query<TaskRow>({
    name: 'task-write',
    text: WRITE,
    values: [
      next.id,
      write.at,
      toJson(change.events),
      change.events.length,
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
      write.fold?.spentNano ?? 0,
      next.branch,
      next.baseBranch,
      next.baseSha,
      toJson(next.publication),
      next.outcome === null ? null : toJson(next.outcome),
      next.failure === null ? null : toJson(next.failure),
      next.finishedAt,
      next.text === before.text ? null : toJson(next.text),
      queued,
      running,
      write.fold?.heldNano ?? 0,
      toJson(next.outages),
      next.comparedRestore,
      next.question === null ? null : toJson(next.question),
    ],
  });
  if (row === undefined) {
    throw new Error(`task ${next.id} was gone while it was locked`);
  }
  // There is something to claim, or something to tell the owner; a mere change of facts is for reporters alone.
  if (queued > 0 || running < 0 || next.stop !== before.stop) {
    tx.wake({ kind: 'task', id: next.id });
  }
  tx.wake({ kind: 'report', id: next.id });
  return toTask(row);
}

const WRITE = `
with changed as (
  update task set
    revision = revision + $4, state = $5, lost_attempts = $6, lease_owner = $7, lease_until = $8,
    wait_reason = $9, wake_at = $10, wait_note = $11, blocked_on = $12, stop = $13,
    budget_nano = $14, spent_nano = spent_nano + $15, held_nano = held_nano + $26, branch = $16, base_branch = $17, base_sha = $18,
    publication = $19, outcome = $20, failure = $21, finished_at = $22,
    approved_text = coalesce($23::jsonb, approved_text), outages = $27, compared_restore = $28, question = $29
  where id = $1
  returning *
),
laned as (
  update lane set queued = queued + $24, running = running + $25
  from changed
  where lane.repository_id = changed.repository_id and ($24 <> 0 or $25 <> 0)
),
${logChange({ at: '$2::timestamptz', events: '$3::jsonb' })}
select ${TASK_COLUMNS} from changed t`;
