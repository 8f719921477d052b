import type { CheckRow } from '../../task/checks/decide-checks.ts';
import type { TaskEvent } from '../../task/events.ts';
import type { BudgetKey } from '../../task/scope.ts';
import type { Attempt } from '../../task/attempt.ts';
import type { SpendPurpose } from '../../task/ports/ask-model.ts';
import type { NanoUsd, Task } from '../../task/task.ts';
import type { ServerPause } from '../server-pause.ts';
import type { WakeUp } from '../wake-up.ts';
import type { OutboxItem, ReportState, TakenDelivery, Usage } from '../stores.ts';

/** A task and what else its row holds. Objects are replaced, never changed, so callers may keep what they got. */
export interface TaskRecord {
  /** `spentNano` without what the live attempt spent. */
  readonly task: Task;
  readonly seq: number;
  readonly semanticKey: string;
  /** Number of its last lease. */
  readonly leaseNumber: number;
  /** Set aside for requests of ended attempts that are not settled yet. */
  readonly heldNano: NanoUsd;
  readonly reported: {
    readonly revision: number;
    readonly holdUntil: Date | null;
    readonly holder: string | null;
    readonly lookAgainAt: Date | null;
    /** Since it was taken to be shown. */
    readonly lookAsked: boolean;
  };
}

export interface AttemptRecord {
  readonly attempt: Attempt;
  readonly scopeKeys: readonly BudgetKey[];
  readonly open: boolean;
  readonly warned: ReadonlySet<80 | 95>;
}

export interface LedgerRecord {
  readonly requestId: string;
  readonly taskId: string;
  readonly epoch: number;
  readonly purpose: SpendPurpose;
  readonly provider: string | null;
  readonly model: string;
  readonly upperNano: NanoUsd;
  readonly costNano: NanoUsd | null;
  readonly overrunNano: NanoUsd;
  readonly usage: Usage;
  readonly drawnAt: Date;
}

/** Changed in place. */
export interface ScopeRecord {
  reservedNano: NanoUsd;
  spentNano: NanoUsd;
  capNano: NanoUsd | null;
  readonly openedAt: Date;
  warnedAt: Date | null;
}

export interface InboxRecord {
  readonly delivery: TakenDelivery;
  readonly state: 'new' | 'settled' | 'parked';
  readonly hiddenUntil: Date | null;
  readonly note: string | null;
}

export interface OutboxRecord {
  readonly item: OutboxItem;
  readonly seq: number;
  readonly dueAt: Date;
  readonly holder: string | null;
  readonly settled: boolean;
}

/**
 * All that the stores in memory know. Lanes and slots are counted from the tasks that have not ended; only what cannot
 * be counted (turns, spend) is kept. Methods of the stores do not wait in the middle, so each is one transaction.
 */
export interface MemoryState {
  readonly tasks: Map<string, TaskRecord>;
  /** Ids of the tasks that have not ended, so that looking for work does not grow with history. */
  readonly unended: Set<string>;
  readonly bySemanticKey: Map<string, string>;
  readonly events: Map<string, TaskEvent[]>;
  readonly attempts: Map<string, AttemptRecord>;
  readonly byToken: Map<string, string>;
  /** Tokens of prepare sessions that have not ended. */
  readonly byPrepareToken: Map<string, string>;
  /** Tokens of check sessions that are open. */
  readonly byCheckToken: Map<string, string>;
  /** By attempt. */
  readonly checkRuns: Map<string, readonly CheckRow[]>;
  readonly ledger: Map<string, LedgerRecord>;
  readonly turns: Map<number, number>;
  readonly scopes: Map<BudgetKey, ScopeRecord>;
  readonly raises: Set<string>;
  readonly inbox: Map<string, InboxRecord>;
  readonly commands: Map<string, string>;
  readonly outbox: Map<string, OutboxRecord>;
  readonly reports: Map<string, ReportState>;
  readonly facts: Map<string, string>;
  readonly keys: Map<string, Uint8Array>;
  readonly notify: (wakeUp: WakeUp) => void;
  readonly next: { turn: number; task: number; event: number; outbox: number };
  readonly pause: { current: ServerPause | null };
  /** Limits of the last claim; without bounds before the first. */
  readonly limits: { server: number; repository: number };
}

export function createMemoryState(notify: (wakeUp: WakeUp) => void): MemoryState {
  return {
    tasks: new Map(),
    unended: new Set(),
    bySemanticKey: new Map(),
    events: new Map(),
    attempts: new Map(),
    byToken: new Map(),
    byPrepareToken: new Map(),
    byCheckToken: new Map(),
    checkRuns: new Map(),
    ledger: new Map(),
    turns: new Map(),
    scopes: new Map(),
    raises: new Set(),
    inbox: new Map(),
    commands: new Map(),
    outbox: new Map(),
    reports: new Map(),
    facts: new Map(),
    keys: new Map(),
    notify,
    next: { turn: 1, task: 1, event: 1, outbox: 1 },
    pause: { current: null },
    limits: { server: Number.POSITIVE_INFINITY, repository: Number.POSITIVE_INFINITY },
  };
}

export function attemptKey(ref: { taskId: string; epoch: number }): string {
  return `${ref.taskId}/${ref.epoch}`;
}

/** The task as callers see it: with what the live attempt has spent so far. */
export function readTask(state: MemoryState, record: TaskRecord): Task {
  const live = liveAttempt(state, record.task);
  const finalizing = record.task.state === 'FINALIZING' ? (live?.attempt.inflightNano ?? 0) : 0;
  return {
    ...record.task,
    spentNano: record.task.spentNano + (live?.attempt.spentNano ?? 0),
    unsettledNano: record.heldNano + finalizing,
  };
}

export function liveAttempt(state: MemoryState, task: Task): AttemptRecord | null {
  const record = state.attempts.get(attemptKey({ taskId: task.id, epoch: task.epoch }));
  return record === undefined || record.attempt.endedAt !== null ? null : record;
}

export function unended(state: MemoryState): TaskRecord[] {
  return [...state.unended].flatMap((id) => state.tasks.get(id) ?? []);
}
