import type { BudgetKey } from '../../../task/scope.ts';
import type { SessionEnd } from '../../../task/outcome.ts';
import type { CheckedResult, PrepareResult, WorkerResult } from '../../../../protocol/index.ts';
import type { CheckResult } from '../../../task/checks/check.ts';
import type { Attempt, AttemptEnvironment, AttemptProgress, CheckSession } from '../../../task/attempt.ts';

/** The columns of an attempt, for a table or CTE named `a`; named so that they can be selected together with those of a task. */
export const ATTEMPT_COLUMNS = `
  a.task_id as attempt_task_id, a.epoch as attempt_epoch, a.token_sha256 as attempt_token_sha256,
  a.budget_nano as attempt_budget_nano, a.spent_nano as attempt_spent_nano, a.inflight_nano as attempt_inflight_nano,
  a.model_calls as attempt_model_calls, a.start_sha as attempt_start_sha, a.gate_base_sha as attempt_gate_base_sha,
  a.started_at as attempt_started_at, a.heartbeat_at as attempt_heartbeat_at, a.progress_at as attempt_progress_at,
  a.progress as attempt_progress, a.result as attempt_result, a.session_end as attempt_session_end, a.ended_at as attempt_ended_at, a.open as attempt_open,
  a.outsiders as attempt_outsiders, a.prepare_result as attempt_prepare_result, a.environment as attempt_environment,
  a.check_session as attempt_check_session, a.checked_result as attempt_checked_result,
  a.check_results as attempt_check_results,
  a.scope_keys as attempt_scope_keys`;

export interface AttemptRow {
  readonly attempt_task_id: string;
  readonly attempt_epoch: number;
  readonly attempt_token_sha256: string | null;
  readonly attempt_budget_nano: number;
  readonly attempt_spent_nano: number;
  readonly attempt_inflight_nano: number;
  readonly attempt_model_calls: number;
  readonly attempt_start_sha: string | null;
  readonly attempt_gate_base_sha: string | null;
  readonly attempt_outsiders: readonly string[] | null;
  readonly attempt_started_at: Date;
  readonly attempt_heartbeat_at: Date | null;
  readonly attempt_progress_at: Date | null;
  readonly attempt_progress: AttemptProgress | null;
  readonly attempt_result: WorkerResult | null;
  readonly attempt_session_end: SessionEnd | null;
  readonly attempt_prepare_result: PrepareResult | null;
  readonly attempt_environment: AttemptEnvironment | null;
  readonly attempt_check_session: CheckSession | null;
  readonly attempt_checked_result: CheckedResult | null;
  readonly attempt_check_results: readonly CheckResult[] | null;
  readonly attempt_ended_at: Date | null;
  readonly attempt_open: boolean;
  readonly attempt_scope_keys: BudgetKey[];
}

export function toAttempt(row: AttemptRow): Attempt {
  return {
    taskId: row.attempt_task_id,
    epoch: row.attempt_epoch,
    tokenSha256: row.attempt_token_sha256,
    budgetNano: row.attempt_budget_nano,
    spentNano: row.attempt_spent_nano,
    inflightNano: row.attempt_inflight_nano,
    modelCalls: row.attempt_model_calls,
    startSha: row.attempt_start_sha,
    gateBaseSha: row.attempt_gate_base_sha,
    outsiders: row.attempt_outsiders,
    startedAt: row.attempt_started_at,
    heartbeatAt: row.attempt_heartbeat_at,
    progressAt: row.attempt_progress_at,
    progress: row.attempt_progress,
    result: row.attempt_result,
    sessionEnd: row.attempt_session_end,
    prepareResult: row.attempt_prepare_result,
    environment: row.attempt_environment,
    checkSession: row.attempt_check_session,
    checkedResult: row.attempt_checked_result,
    checkResults: row.attempt_check_results,
    endedAt: row.attempt_ended_at,
  };
}
