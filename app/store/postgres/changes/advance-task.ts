import { TASK_STATES, type TaskState } from '../../../../protocol/index.ts';
import type { NewEvent } from '../../../task/events.ts';
import type { Fence } from '../../../task/fence.ts';
import type { SessionEnd } from '../../../task/outcome.ts';
import { sourcesOf } from '../../../task/transitions.ts';
import { wakeUpsOf } from '../../wake-up.ts';
import { toJson } from '../../rules/to-json.ts';
import type { AttemptFacts, Moved, TaskPatch } from '../../stores.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';
import { changeTask, fenceMatches } from './change-task.ts';
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
      patch.verdict !== undefined,
      patch.verdict === undefined || patch.verdict === null ? null : toJson(patch.verdict),
    ],
  });
  if (row === undefined) {
    return { moved: false, current: await findTask(db, fence.taskId) };
  }
  const task = toTask(row);
  // Such a step frees nothing and requests no stop, whatever was there before.
  wakeUpsOf(task, task).forEach(db.wake);
  return { moved: true, task };
}

const CLOSING: TaskState = 'FINALIZING';

const ADVANCE = `
with ${changeTask({
  revision: '$8',
  state: { to: '$5', sources: '$4::text[]' },
  set: [
    'lost_attempts = coalesce($9, lost_attempts)',
    'branch = coalesce($10, branch)',
    'base_branch = coalesce($11, base_branch)',
    'base_sha = coalesce($12, base_sha)',
    'publication = publication || $13::jsonb',
    'outcome = coalesce($14::jsonb, outcome)',
    'failure = case when $15 then $16::jsonb else failure end',
    'outages = coalesce($20::jsonb, outages)',
    'compared_restore = coalesce($21, compared_restore)',
    'question = case when $23 then $24::jsonb else question end',
    'verdict = case when $26 then $27::jsonb else verdict end',
  ],
  where: `id = $1 and ${fenceMatches({ epoch: '$2', leaseNumber: '$3' })}`,
  at: '$6::timestamptz',
  events: '$7::jsonb',
})},
attempted as (
  update attempt a set open = a.open and changed.state <> '${CLOSING}', token_sha256 = coalesce($17::text, a.token_sha256),
    start_sha = coalesce($18::text, a.start_sha), gate_base_sha = coalesce($19::text, a.gate_base_sha),
    session_end = coalesce($22::jsonb, a.session_end), outsiders = coalesce($25::jsonb, a.outsiders)
  from changed
  where (changed.state = '${CLOSING}' or $17::text is not null)
    and a.task_id = changed.id and a.epoch = changed.epoch and a.ended_at is null
)
select ${TASK_COLUMNS} from changed t`;
