import type { PrepareResult, TaskState, WorkerResult } from '../../protocol/index.ts';
import type { QueueBlock } from '../budget/describe-block.ts';
import type { BudgetLimits, ScopeAccount, ScopeState } from '../budget/scopes.ts';
import type { LessonStore } from './lessons.ts';
import type { QueueStatsStore } from './queue-stats.ts';
import type { QuoteStore } from './quotes.ts';
import type { TaskVerdict } from '../task/checks/verdict.ts';
import type { NewEvent, TaskEvent } from '../task/events.ts';
import type { Failure } from '../task/failure.ts';
import type { Fence } from '../task/fence.ts';
import type { Outages } from '../task/outages.ts';
import type { Outcome, SessionEnd } from '../task/outcome.ts';
import type { Question, QuestionAnswer } from '../task/question.ts';
import type { Attempt, AttemptEnvironment, AttemptProgress } from '../task/attempt.ts';
import type {
  Actor,
  ApprovedText,
  NanoUsd,
  Publication,
  RepositoryRef,
  StopRequest,
  Task,
  Thread,
  Trigger,
  Wait,
} from '../task/task.ts';
import type { ChainStore } from './chains.ts';
import type { AccessStore } from './access.ts';
import type { CheckStore } from './checks.ts';
import type { EnvironmentStore } from './environments.ts';
import type { RecoveryStore } from './recovery.ts';
import type { ServerPauseStore } from './server-pause.ts';
import type { TaskListStore } from './task-lists.ts';
import type { SpendPurpose } from '../task/ports/ask-model.ts';
import type { WriteLocks } from '../task/ports/write-locks.ts';

export type { BudgetLimits, ScopeAccount, ScopeState } from '../budget/scopes.ts';
export type { Refusal } from '../budget/decide-limits.ts';

/**
 * The stores: everything Bosun knows. Two implementations, PostgreSQL (`postgres/`) and memory (`memory/`), under one
 * contract suite. Each method is one transaction. Losing a race is a value, never an exception. `now` is passed in, so
 * tests and simulation own the clock. Every write of a step names the epoch and the lease number (`Fence`).
 */
export interface Stores {
  readonly inbox: InboxStore;
  readonly tasks: TaskStore;
  readonly attempts: AttemptStore;
  readonly budgets: BudgetStore;
  readonly outbox: OutboxStore;
  readonly reports: ReportStore;
  readonly keys: KeyStore;
  readonly queueStats: QueueStatsStore;
  readonly writeLocks: WriteLocks;
  readonly recovery: RecoveryStore;
  readonly pause: ServerPauseStore;
  readonly environments: EnvironmentStore;
  readonly quotes: QuoteStore;
  readonly lessons: LessonStore;
  readonly checks: CheckStore;
  readonly chains: ChainStore;
  readonly lists: TaskListStore;
  readonly access: AccessStore;
}

// ---------------------------------------------------------------------------------------------------- inbox

export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
}

export interface TakenDelivery extends Delivery {
  /** How often it was taken, this time included; a poison delivery is parked at 3. */
  readonly takes: number;
}

/** A delivery as an operator sees it, without its body. */
export interface DeliveryFacts {
  readonly id: string;
  readonly event: string;
  readonly state: 'new' | 'settled' | 'parked';
  readonly takes: number;
  readonly receivedAt: Date;
  /** What became of it, or why it was parked. */
  readonly note: string | null;
}

export interface InboxStore {
  /** One INSERT; `false` when the delivery id was there before. Wakes routers. */
  record(delivery: Delivery): Promise<{ recorded: boolean }>;
  /** Takes up to `max` unrouted deliveries, oldest first, hidden from others until `now + leaseMs`. */
  take(options: { max: number; now: Date; leaseMs: number }): Promise<TakenDelivery[]>;
  /** Done: the body is dropped, the id stays for de-duplication. */
  settle(id: string, result: { now: Date; note: string }): Promise<void>;
  /** Put back until then without counting against it: something outside, such as GitHub, has to answer first. */
  defer(id: string, options: { now: Date; until: Date; note: string }): Promise<void>;
  /** Parked with evidence after too many takes; the body stays. */
  park(id: string, result: { now: Date; error: string }): Promise<void>;
  /** The newest first; for people, not for loops. */
  list(filter: { state: DeliveryFacts['state'] | null; limit: number }): Promise<DeliveryFacts[]>;
  /** Parked deliveries, or the one with this id, are routed again from their first take on; resolves with their ids. */
  unpark(which: { id: string | null; max: number }): Promise<string[]>;
  /** Which of these delivery ids are known. */
  known(ids: readonly string[]): Promise<Set<string>>;
  /** Deletes settled rows received before `before`, at most `max`. */
  prune(options: { before: Date; max: number }): Promise<number>;
  oldestUnrouted(): Promise<Date | null>;
  /** When the next delivery that was put back, or whose router may be gone, can be taken again. */
  nextDueAt(): Promise<Date | null>;
  /**
   * A command belongs to the first delivery that claims its semantic key; only that one carries it out, also when it is
   * taken again after a crash.
   */
  claimCommand(request: { key: string; deliveryId: string; now: Date }): Promise<{ mine: boolean }>;
  /** Ids of the deliveries that claimed any of these keys. */
  claimers(keys: readonly string[]): Promise<string[]>;
}

// ---------------------------------------------------------------------------------------------------- tasks

/** A task to admit: a row without what the store itself decides. */
export type NewTask = Pick<
  Task,
  | 'id'
  | 'installationId'
  | 'repository'
  | 'thread'
  | 'type'
  | 'priority'
  | 'requestedBy'
  | 'trigger'
  | 'text'
  | 'settings'
  | 'retryOf'
  | 'budgetNano'
  | 'branch'
>;

export type Admitted =
  | { readonly admitted: true; readonly task: Task }
  /** The same trigger was admitted before (L2): nothing to do, nothing to say. */
  | { readonly admitted: false; readonly why: 'same_trigger'; readonly task: Task }
  /** Another task of this thread has not ended. */
  | { readonly admitted: false; readonly why: 'thread_busy'; readonly task: Task }
  /** More than the allowed number in the last hour; `retryAt` is when the oldest leaves the window. */
  | { readonly admitted: false; readonly why: 'user_rate'; readonly retryAt: Date };

/** Limits a claim must keep. Concurrency is server-wide, per user and per repository; budgets are the scopes of `BudgetLimits`. */
export interface ClaimLimits {
  readonly concurrency: { readonly repository: number; readonly user: number; readonly server: number };
  readonly budgets: BudgetLimits;
}

export interface Claimer {
  readonly owner: string;
  readonly now: Date;
  readonly leaseMs: number;
  readonly limits: ClaimLimits;
}

/** What a move may change besides the state. Absent: unchanged. */
export interface TaskPatch {
  readonly baseBranch?: string;
  readonly baseSha?: string;
  readonly branch?: string;
  readonly publication?: Partial<Publication>;
  readonly outcome?: Outcome;
  readonly failure?: Failure | null;
  readonly lostAttempts?: number;
  readonly outages?: Outages;
  readonly question?: Question | null;
  readonly verdict?: TaskVerdict | null;
  readonly comparedRestore?: Date;
}

/** What the orchestrator learns of an attempt before it starts the worker. */
export interface AttemptFacts {
  readonly tokenSha256: string;
  readonly startSha: string;
  readonly gateBaseSha: string;
  readonly outsiders: readonly string[] | null;
}

export interface Move {
  readonly fence: Fence;
  readonly to: TaskState;
  readonly now: Date;
  readonly event: NewEvent;
  readonly patch?: TaskPatch;
  /** Required with, and only with, `to: 'SUBMITTED'`. */
  readonly wait?: Wait;
  /** With `to: 'FINALIZING'`: recorded with the attempt. */
  readonly sessionEnd?: SessionEnd;
}

export type Moved =
  | { readonly moved: true; readonly task: Task }
  /** The fence is stale, the edge is not in the table, or the task is gone; `current` is what holds now. */
  | { readonly moved: false; readonly current: Task | null };

export interface Claimed {
  readonly task: Task;
  readonly attempt: Attempt;
}

export interface QueuePosition {
  /** 1 is next in its repository. */
  readonly position: number;
  readonly waiting: number;
  readonly running: number;
  /** Guess from the durations of the last 20 ended tasks of the repository; null without history. */
  readonly etaMs: number | null;
  /** What all tasks before it wait for, too: every slot of the server or of the repository is in use, or it is paused. */
  readonly block: QueueBlock | null;
}

export interface TaskFilter {
  readonly states?: readonly TaskState[];
  readonly repositoryId?: number;
  readonly installationId?: number;
  readonly limit: number;
}

export interface ResumeRequest {
  readonly taskId: string;
  readonly now: Date;
  readonly event: NewEvent;
  readonly text?: ApprovedText;
  readonly answer?: QuestionAnswer & { readonly subject: string };
}

export interface TaskStore {
  /**
   * One transaction: the task in SUBMITTED with wait reason `slot`, its `task.submitted` event, the lane counter, the
   * outbox items. De-duplicated by `semanticKey` (kept as long as the row) and by thread.
   */
  admit(request: {
    task: NewTask;
    semanticKey: string;
    now: Date;
    rate: { perUserPerHour: number };
    outbox: readonly NewOutboxItem[];
  }): Promise<Admitted>;

  find(id: string): Promise<Task | null>;
  /** The task of this thread that has not ended. */
  findActive(repositoryId: number, threadNumber: number): Promise<Task | null>;
  findLatest(repositoryId: number, threadNumber: number): Promise<Task | null>;
  /** The newest task whose pull request this is. */
  findByPull(repositoryId: number, pullNumber: number): Promise<Task | null>;
  /** The newest task of an issue whose pull request this is; null for one that Bosun did not open. */
  findOpener(repositoryId: number, pullNumber: number): Promise<Task | null>;
  /** The newest task of an issue that published on one of these branches. */
  findByBranch(repositoryId: number, branches: readonly string[]): Promise<Task | null>;
  /** How many tasks of a thread were set off in this way. */
  countTriggered(thread: { repositoryId: number; number: number; trigger: Trigger['kind'] }): Promise<number>;
  list(filter: TaskFilter): Promise<Task[]>;
  events(taskId: string, options?: { afterSeq?: number }): Promise<TaskEvent[]>;
  position(taskId: string): Promise<QueuePosition | null>;

  /**
   * Takes the next task, fair between repositories (round robin), by priority then age within one: SUBMITTED →
   * HYDRATING, epoch + 1, a lease, a new attempt, one slot in each concurrency scope and the rest of the task's budget
   * reserved in each budget scope. A head task that a user or budget limit stops is set waiting with its reason, note
   * and wake_at, and the next one is tried. Null when nothing can start.
   */
  claim(by: Claimer): Promise<Claimed | null>;
  /** The same for up to `max` tasks at once; empty when nothing can start. */
  claimUpTo(max: number, by: Claimer): Promise<readonly Claimed[]>;
  /**
   * Renews the owner's leases on the tasks it has in progress, in one statement; resolves with the fences that still
   * hold.
   */
  renew(options: { owner: string; holding: readonly string[]; now: Date; leaseMs: number }): Promise<Fence[]>;
  /**
   * Takes over live tasks whose lease has expired: a higher lease number, the same epoch. `holding` are the ids the
   * caller is working on; they are left alone. A process that starts takes what is its owner's `at once`; later that
   * could be what it has just claimed itself.
   */
  adopt(options: {
    owner: string;
    now: Date;
    leaseMs: number;
    max: number;
    holding?: readonly string[];
    own?: 'at once' | 'when run out';
  }): Promise<Task[]>;

  /**
   * The only writer of a state. Guarded by fence and transition table. In the same transaction: the event, the lane
   * counters, and when the task leaves the attempt states, the slot released, the reservation folded into spend, the
   * attempt ended, and one waiting task of each freed scope woken.
   */
  move(move: Move): Promise<Moved>;
  /** Changes facts of the task, and with `attempt` those of its attempt, without moving; same fence. */
  record(change: {
    fence: Fence;
    now: Date;
    patch: TaskPatch;
    attempt?: AttemptFacts;
    event?: NewEvent;
  }): Promise<Moved>;

  /** Ends a task that is not running, or marks a stop request on a running one. No fence: a person asked for it. */
  requestStop(request: {
    taskId: string;
    stop: StopRequest;
    now: Date;
  }): Promise<
    | { readonly done: 'ended' | 'requested' | 'paused'; readonly task: Task }
    | { readonly done: 'too_late'; readonly task: Task }
  >;
  /**
   * A waiting task continues: wait reason `slot`, wake now, and from now on with `text` where one is given. Null when
   * it does not wait for a person, time or money. With `answer` only when exactly that question is open; without one an
   * open question is dropped.
   */
  resume(request: ResumeRequest): Promise<Task | null>;
  /**
   * Adds once for each `key` (the semantic key of the command); the same key again changes nothing and answers `raised`.
   * Adds to the cap; for a running attempt the difference is reserved in the scopes too (refused with the scope when one is full).
   */
  raiseBudget(request: {
    taskId: string;
    key: string;
    addNano: NanoUsd;
    by: Actor;
    now: Date;
    limits: BudgetLimits;
  }): Promise<{ readonly raised: true; readonly task: Task } | { readonly raised: false; readonly scope: ScopeState }>;

  /** Sets due waits (`wake_at <= now`) back to `slot`; paused ones end instead (WAITED_TOO_LONG). Resolves with how many. */
  wakeDue(now: Date): Promise<number>;
  /** The earliest `wake_at` of a wait that is not `slot`, for the one timer. */
  nextWakeAt(): Promise<Date | null>;
  /** How many attempts are in progress, and how many of them have no lease any more or a silent worker. */
  staleness(options: { now: Date; heartbeatStaleMs: number }): Promise<{ live: number; stale: number }>;
  /** Age source for readiness: the oldest task that could run but is not claimed. */
  oldestReady(): Promise<Date | null>;
  counts(): Promise<Record<TaskState, number>>;
}

// ---------------------------------------------------------------------------------------------------- attempts

/** What the door asks for: the attempt of a token, whether it is the current one, and what it may do. */
export interface DoorSession {
  /** A prepare session has the base commit and packages, a check session one commit; a work session has everything else. */
  readonly kind: 'prepare' | 'work' | 'check';
  readonly task: Task;
  readonly attempt: Attempt;
  /** False once the epoch moved on, the attempt ended or the task left HYDRATING/RUNNING. */
  readonly current: boolean;
}

export type Drawn =
  | { readonly drawn: true; readonly reservationId: string; readonly leftNano: NanoUsd }
  | { readonly drawn: false; readonly why: 'stale' }
  | { readonly drawn: false; readonly why: 'exhausted' | 'wrap_up'; readonly leftNano: NanoUsd };

/** Tokens and money of one model request. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheWriteTokens: number;
  readonly cacheReadTokens: number;
}

export interface LedgerTotals {
  readonly purpose: SpendPurpose;
  /** Null for requests of before version 0.4. */
  readonly provider: string | null;
  readonly model: string;
  readonly requests: number;
  readonly usage: Usage;
  readonly costNano: NanoUsd;
}

export interface AttemptStore {
  findByToken(tokenSha256: string): Promise<DoorSession | null>;
  find(ref: { taskId: string; epoch: number }): Promise<Attempt | null>;
  /**
   * An attempt and its task as they are at one moment. When it started and when its last heartbeat came are given on the clock of
   * `now`, however far that is from the clock of the database, so that the caller can compare the two.
   */
  findWithTask(ref: { taskId: string; epoch: number; now: Date }): Promise<Claimed | null>;
  /** Heartbeat; may be written with asynchronous commit. Resolves with false for a stale epoch. */
  heartbeat(ref: { taskId: string; epoch: number; now: Date }): Promise<{ current: boolean; stop: StopRequest | null }>;
  /** Progress; raises the task's revision so that reporters look. */
  progress(ref: { taskId: string; epoch: number; now: Date; progress: AttemptProgress }): Promise<{ current: boolean }>;
  /** The worker's own account, written once; wakes the orchestrator. */
  finish(ref: { taskId: string; epoch: number; now: Date; result: WorkerResult }): Promise<{ current: boolean }>;
  /** How the prepare session ended, written once; wakes the orchestrator. Not current once its token was revoked. */
  finishPrepare(ref: {
    taskId: string;
    epoch: number;
    now: Date;
    result: PrepareResult;
  }): Promise<{ current: boolean }>;
  /** What the environment of the attempt is to be or has become; a token of null ends the prepare session at the door. */
  recordEnvironment(change: {
    fence: Fence;
    environment: AttemptEnvironment;
    prepareTokenSha256: string | null;
    now: Date;
  }): Promise<{ current: boolean }>;
  /** The first 80 % and 95 % crossing, each once: returns true for the caller that crossed it. */
  warn(ref: { taskId: string; epoch: number; now: Date; percent: 80 | 95 }): Promise<{ first: boolean }>;

  /**
   * Money, before a request is forwarded: one statement on the attempt's row alone. Drawn only if
   * spent + in flight + upper bound <= budget - `keepNano` (the wrap-up slice; 0 when wrapping up). For the worker while
   * it runs; for Bosun's own calls until the attempt has ended.
   */
  draw(request: {
    taskId: string;
    epoch: number;
    requestId: string;
    /** `work` where it is left out. */
    purpose?: SpendPurpose;
    provider?: string;
    model: string;
    upperNano: NanoUsd;
    keepNano: NanoUsd;
    now: Date;
  }): Promise<Drawn>;
  /** Settles a draw to what it cost; idempotent by request id. Works for a stale epoch too: the money is spent either way. */
  settle(request: { requestId: string; costNano: NanoUsd; usage: Usage; now: Date }): Promise<{ settled: boolean }>;
  /** Settles what a dead process left in flight at its upper bound. */
  settleOrphans(options: { olderThan: Date; now: Date }): Promise<number>;
  totals(taskId: string): Promise<LedgerTotals[]>;
}

// ---------------------------------------------------------------------------------------------------- budgets

export interface BudgetStore {
  /** The shared scopes a task of this repository draws on, as they stand. */
  scopes(request: { repositoryId: number; now: Date; limits: BudgetLimits }): Promise<ScopeAccount[]>;
  /**
   * Every scope of the current periods in which money was reserved, sorted by name, each under the cap of its last
   * claim.
   */
  current(request: { now: Date; limits: BudgetLimits }): Promise<ScopeAccount[]>;
  /** Records that people were warned about a scope and period; true for the first caller. */
  markWarned(scope: Pick<ScopeAccount, 'scope' | 'period'>, now: Date): Promise<{ first: boolean }>;
}

// ---------------------------------------------------------------------------------------------------- outbox, reports, keys

/** Something small to show that no report of a task covers: a reaction, a refusal, an answer to `/status`. */
export interface NewOutboxItem {
  /** Natural key; the same key is written once. */
  readonly key: string;
  readonly installationId: number;
  readonly repository: RepositoryRef;
  readonly thread: Thread;
  readonly message:
    | {
        readonly kind: 'reaction';
        readonly target: { readonly commentId: number } | 'thread';
        readonly content: 'eyes' | 'confused' | '+1';
      }
    | { readonly kind: 'reply'; readonly body: string }
    | { readonly kind: 'label'; readonly label: string };
}

export interface OutboxItem extends NewOutboxItem {
  readonly tries: number;
  /** When it was last sent, whatever came of that; on the clock of who took it, as `createdAt` is. */
  readonly sentAt: Date | null;
  readonly createdAt: Date;
}

export interface OutboxStore {
  add(items: readonly NewOutboxItem[], now: Date): Promise<void>;
  /** Takes due items, oldest first, hidden from others until `now + leaseMs`. */
  take(options: { holder: string; max: number; now: Date; leaseMs: number }): Promise<OutboxItem[]>;
  /** Recorded before it is sent, so that after a lost answer it is looked for. */
  sending(key: string, by: { holder: string; now: Date }): Promise<Held>;
  settle(key: string, result: { holder: string; now: Date; externalId: string | null; note: string }): Promise<Held>;
  retryLater(key: string, options: { holder: string; now: Date; at: Date; error: string }): Promise<Held>;
  /** Asked last before the message is sent: still leased, and hidden until `now + leaseMs`. */
  extend(key: string, options: { holder: string; now: Date; leaseMs: number }): Promise<Held>;
  /** What this holder leased and did not settle is due at once: it died. Resolves with how many. */
  takeBack(options: { holder: string; now: Date }): Promise<number>;
  /** When an item that is not settled is due next, on the clock of `now`. */
  nextDueAt(now: Date): Promise<Date | null>;
}

/**
 * Whether the caller still leased what it wrote about. False: its lease expired and another process has it, or is done with
 * it; nothing was changed.
 */
export interface Held {
  readonly held: boolean;
}

/** What a reporter remembers of one task. */
export interface ReportState {
  readonly taskId: string;
  readonly reporter: 'comment' | 'check_run' | 'earlier_comment' | 'result';
  readonly externalId: string | null;
  /** Hash of what was delivered last; the same hash is not sent again. */
  readonly deliveredHash: string | null;
  /** When; while nothing was delivered yet, when its creation was last begun. */
  readonly deliveredAt: Date | null;
}

export interface EarlierComment {
  readonly taskId: string;
  readonly commentId: number;
}

export interface ReportStore {
  /** Tasks whose revision is above what was reported and that are due, terminal ones first; hidden until `now + leaseMs`. */
  takeDirty(options: { holder: string; max: number; now: Date; leaseMs: number }): Promise<Task[]>;
  /** Keeps these tasks hidden until `now + leaseMs`, as far as this holder has them; resolves with those. */
  renewHolds(options: {
    holder: string;
    taskIds: readonly string[];
    now: Date;
    leaseMs: number;
  }): Promise<readonly string[]>;
  /** What was shown last may have been overwritten by a process that had lost its lease: it is shown once more. */
  showAgain(taskId: string, now: Date): Promise<void>;
  /** Something that is shown may have changed outside of the rows: it is looked at again. */
  lookAgain(taskId: string, now: Date): Promise<void>;
  /** What this holder leased and did not settle is due at once: it died. Resolves with how many. */
  takeBack(holder: string): Promise<number>;
  /** `deliveredAt` is on the clock of `now`, whichever process delivered it. */
  find(taskId: string, reporter: ReportState['reporter'], now: Date): Promise<ReportState | null>;
  /** The latest task before this one on its thread that has a status comment, and the number of that comment. */
  findEarlierComment(task: Task): Promise<EarlierComment | null>;
  save(state: ReportState, by: { holder: string; now: Date }): Promise<Held>;
  /** Everything up to this revision is shown; `lookAgainAt` is set while something moves without events (ETA, position). */
  settle(
    taskId: string,
    result: { holder: string; now: Date; revision: number; lookAgainAt: Date | null },
  ): Promise<Held>;
  retryLater(taskId: string, options: { holder: string; now: Date; at: Date }): Promise<Held>;
  /** When a report is due next, on the clock of `now`. */
  nextDueAt(now: Date): Promise<Date | null>;
}

export interface KeyStore {
  /** A random 32-byte key in the database, made at the first use; the same for every process. */
  get(name: 'comment-marker' | 'door' | 'dashboard'): Promise<Uint8Array>;
  /** Small facts that must survive a restart, such as the cursor of the delivery sweep. */
  read(name: string): Promise<string | null>;
  write(name: string, value: string): Promise<void>;
}
