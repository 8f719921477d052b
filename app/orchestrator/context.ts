import type { PackageRegistry } from '../../protocol/index.ts';
import type { Compute } from '../compute/compute.ts';
import type { AttemptSubmodule } from '../git/attempt/attempt.ts';
import type { Hydrator } from '../hydration/hydrate.ts';
import type { Publisher } from '../publish/publish.ts';
import type { Queue } from '../queue/queue.ts';
import type { Artifacts } from '../store/artifacts.ts';
import type { Restored } from '../store/restored.ts';
import type { ClaimLimits, Stores } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';
import type { EarlierWork } from '../task/earlier-work.ts';
import type { AskModel } from '../task/ports/ask-model.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracer } from '../telemetry/tracer.ts';

/** What the orchestrator needs of the attempt's git repository; `app/git/` has it. */
export interface AttemptGit {
  /** Makes the repository a worker clones from and pushes to. Idempotent. */
  prepare(request: {
    taskId: string;
    epoch: number;
    repositoryId: number;
    baseBranch: string;
    baseSha: string;
    workBranch: string;
    /** Earlier work to continue from; null starts at the base. */
    start: EarlierWork['source'] | null;
    submodules?: readonly AttemptSubmodule[];
  }): Promise<unknown>;
  /** Gives check sessions this commit to fetch. */
  pin(at: { taskId: string; epoch: number }, sha: string): Promise<void>;
  /** Commit the worker pushed last, or null. */
  tip(at: { taskId: string; epoch: number }): Promise<string | null>;
  remove(at: { taskId: string; epoch: number }): Promise<void>;
}

export interface WorkerLimits {
  readonly memoryBytes: number;
  readonly processes: number;
  readonly fileBytes: number;
  readonly outputBytes: number;
  readonly diskBytes: number;
}

export interface OrchestratorTimes {
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly heartbeatMs: number;
  readonly heartbeatStaleMs: number;
  readonly hydrationTimeoutMs: number;
  readonly stopGraceMs: number;
  readonly recoveryMs: number;
  readonly githubPatienceMs: number;
  readonly pausedForMs: number;
  readonly maxLostAttempts: number;
  /** How long reaping pauses when many attempts look lost at once. */
  readonly longestPauseMs: number;
}

export interface OrchestratorContext {
  readonly stores: Pick<Stores, 'tasks' | 'attempts' | 'keys' | 'environments' | 'lessons' | 'checks'>;
  readonly queue: Pick<Queue, 'receive'>;
  readonly artifacts: Pick<Artifacts, 'put' | 'get' | 'remove'>;
  readonly compute: Compute;
  readonly git: AttemptGit;
  readonly hydrator: Hydrator;
  readonly publisher: Publisher;
  /** Bosun's own calls to models; absent where nothing may be asked. */
  readonly askModel?: AskModel;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<
    Metrics,
    | 'leaseLost'
    | 'taskRecovered'
    | 'stepEnded'
    | 'taskClaimed'
    | 'taskWaits'
    | 'taskEnded'
    | 'attemptLost'
    | 'reapingPaused'
    | 'moneySpent'
    | 'gateRefused'
  >;
  /** Name of this process in leases; the same name after a restart takes its own leases back at once. */
  readonly owner: string;
  /** Told with a sentence when too much looks lost to be true, and with null when that has passed. */
  readonly onReapingPaused?: (sentence: string | null) => void;
  readonly tracer?: Tracer;
  readonly limits: () => ClaimLimits;
  readonly worker: WorkerLimits;
  /** Package registries that the door mirrors for prepare sessions. */
  readonly registries: readonly PackageRegistry[];
  /** Most that prepared environments may take, in the artifacts and on this machine. */
  readonly cacheBytes: number;
  readonly times: OrchestratorTimes;
  readonly newToken: () => string;
  readonly random: () => number;
  /** The last restore of the database: tasks asked for before it are compared with GitHub first. */
  readonly restored?: Restored | null;
  /** Signal for tests and crash points: called before and after each durable step. */
  readonly onStep?: (step: string, taskId: string) => void | Promise<void>;
}

/** A running task as its steps see it: what wakes it, and what ends this process's part in it. */
export interface StepSignals {
  /** Resolves at the next nudge, when `until` has come, or when `signal` is aborted. */
  wait(until: Date): Promise<void>;
  nudge(): void;
  /** Whether what only looks dead may be ended. */
  mayReap(): Promise<boolean>;
  /** Aborted when the process shuts down or the lease was lost. */
  readonly signal: AbortSignal;
}
