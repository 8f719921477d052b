import { TASK_STATES, type TaskState } from '../../../../protocol/index.ts';
import type { NewEvent } from '../../../task/events.ts';
import type { SessionEnd } from '../../../task/outcome.ts';
import { sourcesOf } from '../../../task/transitions.ts';
import { toJson } from '../../rules/to-json.ts';
import type { AttemptFacts, Fence, Moved, TaskPatch } from '../../stores.ts';
import { logChange } from '../rows/log-change.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';
import { findTask } from '../tasks/find-tasks.ts';
import type { WakingDatabase } from '../waking-database.ts';

export interface Advance {
  readonly fence: Fence;
  /** Null: the state stays. A state that gives nothing back; those are moved to under locks. */
  readonly to: 'RUNNING' | 'FINALIZING' | null;
  readonly now: Date;
  readonly events: readonly NewEvent[];
  readonly patch?: TaskPatch;
  readonly attempt?: AttemptFacts;
  readonly sessionEnd?: SessionEnd;
}

/**
 * One step of an attempt that keeps its slot and its money, in one statement: the fence and the transition table guard
 * it, and what it writes does not depend on what was there. The door stops serving an attempt that leaves RUNNING.
 */
export async function advanceTask(db: WakingDatabase, advance: Advance): Promise<Moved> {
  const { attempt, events, fence, to } = advance;
  const patch = advance.patch ?? {};
  const [row] = await db.query<TaskRow>({
    name: 'task-advance',
    text: ADVANCE,
    values: [
      fence.taskId,
      fence.epoch,
      fence.leaseNumber,
      to === null ? TASK_STATES : sourcesOf(to),
      to,
      advance.now,
      toJson(events),
      events.length,
      patch.lostAttempts ?? null,
      patch.branch ?? null,
      patch.baseBranch ?? null,
      patch.baseSha ?? null,
      toJson(patch.publication ?? {}),
      patch.outcome === undefined ? null : toJson(patch.outcome),
      patch.failure !== undefined,
      patch.failure === undefined || patch.failure === null ? null : toJson(patch.failure),
      attempt?.tokenSha256 ?? null,
      attempt?.startSha ?? null,
      attempt?.gateBaseSha ?? null,
      patch.outages === undefined ? null : toJson(patch.outages),
      patch.comparedRestore ?? null,
      advance.sessionEnd === undefined ? null : toJson(advance.sessionEnd),
      patch.question !== undefined,
      patch.question === undefined || patch.question === null ? null : toJson(patch.question),
      attempt === undefined || attempt.outsiders === null ? null : toJson(attempt.outsiders),
    ],
  });
  if (row === undefined) {
    return { moved: false, current: await findTask(db, fence.taskId) };
  }
  db.wake({ kind: 'report', id: row.id });
  return { moved: true, task: toTask(row) };
}

const CLOSING: TaskState = 'FINALIZING';

const ADVANCE = `
with changed as (
  update task set
    revision = revision + $8, state = coalesce($5, state), lost_attempts = coalesce($9, lost_attempts),
    branch = coalesce($10, branch), base_branch = coalesce($11, base_branch), base_sha = coalesce($12, base_sha),
    publication = publication || $13::jsonb, outcome = coalesce($14::jsonb, outcome),
    failure = case when $15 then $16::jsonb else failure end, outages = coalesce($20::jsonb, outages),
    compared_restore = coalesce($21, compared_restore),
    question = case when $23 then $24::jsonb else question end
  where id = $1 and epoch = $2 and (case when lease_owner is null then 0 else lease_number end) = $3
    and state = any ($4::text[])
  returning *
),
attempted as (
  update attempt a set open = a.open and changed.state <> '${CLOSING}', token_sha256 = coalesce($17::text, a.token_sha256),
    start_sha = coalesce($18::text, a.start_sha), gate_base_sha = coalesce($19::text, a.gate_base_sha),
    session_end = coalesce($22::jsonb, a.session_end), outsiders = coalesce($25::jsonb, a.outsiders)
  from changed
  where (changed.state = '${CLOSING}' or $17::text is not null)
    and a.task_id = changed.id and a.epoch = changed.epoch and a.ended_at is null
),
${logChange({ at: '$6::timestamptz', events: '$7::jsonb' })}
select ${TASK_COLUMNS} from changed t`;
