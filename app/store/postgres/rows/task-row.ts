import type { TaskState, TaskTypeName, WaitReason } from '../../../../protocol/index.ts';
import type { TaskVerdict } from '../../../task/checks/verdict.ts';
import type { Failure } from '../../../task/failure.ts';
import type { BlockedOn } from '../../../task/scope.ts';
import type { Outages, Service } from '../../../task/outages.ts';
import type { Outcome } from '../../../task/outcome.ts';
import type { Question } from '../../../task/question.ts';
import type { ApprovedText, Publication, StopRequest, Task, TaskSettings, Trigger } from '../../../task/task.ts';
import { UNPUBLISHED } from '../../../task/unpublished.ts';

/**
 * The columns of a task, for a table or CTE named `t`. What the running attempt has spent so far is added here, so that
 * `spentNano` is always the whole task's. What is in flight is unsettled once the door serves the attempt no more.
 */
export const TASK_COLUMNS = `
  t.id, t.installation_id, t.repository_id, t.repository_owner, t.repository_name, t.thread_number, t.thread_kind,
  t.type, t.state, t.priority, t.requested_by_id, t.requested_by_login, t.trigger, t.approved_text, t.settings,
  t.retry_of, t.epoch, t.lost_attempts, t.lease_owner, t.lease_number, t.lease_until, t.wait_reason, t.wake_at,
  t.wait_note, t.blocked_on, t.stop, t.question, t.verdict, t.outages, t.compared_restore, t.budget_nano, t.branch, t.base_branch, t.base_sha, t.publication, t.outcome,
  t.failure, t.revision, t.created_at, t.started_at, t.finished_at,
  t.spent_nano + case when t.state in ('HYDRATING', 'RUNNING', 'FINALIZING') then coalesce((
    select spender.spent_nano from attempt spender where spender.task_id = t.id and spender.epoch = t.epoch), 0)
    else 0 end as total_spent_nano,
  t.held_nano + case when t.state = 'FINALIZING' then coalesce((
    select holder.inflight_nano from attempt holder where holder.task_id = t.id and holder.epoch = t.epoch), 0)
    else 0 end as unsettled_nano`;

export interface TaskRow {
  readonly id: string;
  readonly installation_id: number;
  readonly repository_id: number;
  readonly repository_owner: string;
  readonly repository_name: string;
  readonly thread_number: number;
  readonly thread_kind: Task['thread']['kind'];
  readonly type: TaskTypeName;
  readonly state: TaskState;
  readonly priority: number;
  readonly requested_by_id: number;
  readonly requested_by_login: string;
  readonly trigger: Trigger;
  readonly approved_text: Omit<ApprovedText, 'at'> & { readonly at: string };
  readonly settings: TaskSettings;
  readonly retry_of: string | null;
  readonly epoch: number;
  readonly lost_attempts: number;
  readonly lease_owner: string | null;
  readonly lease_number: number;
  readonly lease_until: Date | null;
  readonly wait_reason: WaitReason | null;
  readonly wake_at: Date | null;
  readonly wait_note: string | null;
  readonly blocked_on: BlockedOn | null;
  readonly stop: (Omit<StopRequest, 'at'> & { readonly at: string }) | null;
  readonly question: Question | null;
  readonly verdict: TaskVerdict | null;
  readonly outages: Readonly<Partial<Record<Service, { readonly since: string; readonly waits: number }>>>;
  readonly compared_restore: Date | null;
  readonly budget_nano: number;
  readonly total_spent_nano: number;
  readonly unsettled_nano: number;
  readonly branch: string;
  readonly base_branch: string | null;
  readonly base_sha: string | null;
  readonly publication: Partial<Publication>;
  readonly outcome: Outcome | null;
  readonly failure: Failure | null;
  readonly revision: number;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

function readOutages(outages: TaskRow['outages']): Outages {
  return Object.fromEntries(
    Object.entries(outages).map(([service, { since, waits }]) => [service, { since: new Date(since), waits }]),
  );
}

export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    installationId: row.installation_id,
    repository: { id: row.repository_id, owner: row.repository_owner, name: row.repository_name },
    thread: { number: row.thread_number, kind: row.thread_kind },
    type: row.type,
    state: row.state,
    priority: row.priority,
    requestedBy: { id: row.requested_by_id, login: row.requested_by_login },
    trigger: row.trigger,
    text: { ...row.approved_text, at: new Date(row.approved_text.at) },
    settings: row.settings,
    retryOf: row.retry_of,
    epoch: row.epoch,
    lostAttempts: row.lost_attempts,
    lease:
      row.lease_owner === null || row.lease_until === null
        ? null
        : { owner: row.lease_owner, number: row.lease_number, until: row.lease_until },
    wait:
      row.wait_reason === null || row.wake_at === null
        ? null
        : { reason: row.wait_reason, wakeAt: row.wake_at, note: row.wait_note, blockedOn: row.blocked_on },
    stop: row.stop === null ? null : { ...row.stop, at: new Date(row.stop.at) },
    question: row.question,
    verdict: row.verdict,
    outages: readOutages(row.outages),
    comparedRestore: row.compared_restore,
    budgetNano: row.budget_nano,
    spentNano: row.total_spent_nano,
    unsettledNano: row.unsettled_nano,
    branch: row.branch,
    baseBranch: row.base_branch,
    baseSha: row.base_sha,
    publication: { ...UNPUBLISHED, ...row.publication },
    outcome: row.outcome,
    failure: row.failure,
    revision: row.revision,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}
