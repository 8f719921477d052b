import type { CheckedResult } from '../../protocol/index.ts';
import type { CheckSession } from '../task/attempt.ts';
import type { CheckRow } from '../task/checks/decide-checks.ts';
import type { CheckResult, CheckRun } from '../task/checks/check.ts';
import type { NewEvent } from '../task/events.ts';
import type { Fence } from '../task/fence.ts';

/** Runs of checks, of attempts and, for the base commits of repositories, across tasks. */
export interface CheckStore {
  /**
   * Opens a check session of an attempt, with a token of its own in place of that of the session before it. From then on
   * the token of the work session is worth nothing.
   */
  open(request: { fence: Fence; session: CheckSession; tokenSha256: string; now: Date }): Promise<{ current: boolean }>;
  /** Everything ran: the results stand with the attempt, and no token is left. */
  close(request: { fence: Fence; results: readonly CheckResult[]; now: Date }): Promise<{ current: boolean }>;
  /** A check of the open session began, or ended with `row`. The first account of a run counts. */
  report(request: {
    taskId: string;
    epoch: number;
    now: Date;
    row: CheckRow | null;
    event: NewEvent;
  }): Promise<{ current: boolean }>;
  /** How the check session ended, written once; wakes the orchestrator. */
  finish(request: { taskId: string; epoch: number; now: Date; result: CheckedResult }): Promise<{ current: boolean }>;
  /** Runs that no session reported: a session that died, and what is known of the base from before. */
  record(request: {
    fence: Fence;
    now: Date;
    rows: readonly CheckRow[];
    events: readonly NewEvent[];
  }): Promise<{ current: boolean }>;
  /** In the order in which they were recorded. */
  list(ref: { taskId: string; epoch: number }): Promise<readonly CheckRow[]>;
  /** What earlier tasks found at a base commit, by the keys of `baseKey`. */
  findBase(keys: readonly string[]): Promise<ReadonlyMap<string, CheckRun>>;
  /** Keeps it for later tasks, and forgets what this repository has not kept anew for 30 days. */
  keepBase(request: { repositoryId: number; runs: ReadonlyMap<string, CheckRun>; now: Date }): Promise<void>;
}

export const BASE_RUN_MS = 30 * 86_400_000;
