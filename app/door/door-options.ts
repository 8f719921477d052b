import type { Artifacts } from '../store/artifacts.ts';
import type { CheckStore } from '../store/checks.ts';
import type { AttemptStore } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { DoorLimits } from './door-limits.ts';
import type { Log } from '../task/ports/log.ts';
import type { GitPort } from './git/git-port.ts';
import type { ModelProvider } from './model/dialect.ts';
import type { PackagesPort } from './packages/handle-packages.ts';
import type { RemoteSessionsPort } from './remote/remote-sessions-port.ts';

/** `none` is a path that the door does not have. */
export type DoorRoute =
  | 'model'
  | 'git'
  | 'events'
  | 'conversation'
  | 'packages'
  | 'join'
  | 'environment'
  | 'report'
  | 'health'
  | 'none';

/** What the door is made of. Everything that varies comes in here. */
export interface DoorOptions {
  readonly stores: { readonly attempts: DoorAttempts; readonly checks: Pick<CheckStore, 'report' | 'finish'> };
  readonly artifacts: Pick<Artifacts, 'append' | 'put' | 'get'>;
  readonly git: GitPort;
  readonly provider: ModelProvider;
  /** Further ones. A model that several have is asked for at the first of these. */
  readonly moreProviders?: readonly ModelProvider[];
  /** Absent: this door mirrors no packages. */
  readonly packages?: PackagesPort;
  /** Absent: every worker is on this machine, and is handed its job directly. */
  readonly remoteSessions?: RemoteSessionsPort;
  readonly clock: Clock;
  readonly tracer?: Tracer;
  /** Called once for each request, when its answer has ended: the room, the status, and milliseconds. */
  readonly onAnswer?: (answer: { room: DoorRoute; status: number; durationMs: number }) => void;
  readonly log: Log;
  readonly limits?: Partial<DoorLimits>;
  /** Models a task may use in addition to its own, such as a small one for side questions; they must have a price. */
  readonly extraModels?: readonly string[];
  /** Removes secrets from log text before it is stored. */
  readonly redact?: (text: string) => string;
  /**
   * Called when the provider refuses the key or stays unavailable, and once with null when it answers again: admission
   * may stop meanwhile.
   */
  readonly onModelProblem?: (problem: ModelProblem | null) => void | Promise<void>;
}

export type DoorAttempts = Pick<
  AttemptStore,
  'findByToken' | 'heartbeat' | 'progress' | 'finish' | 'finishPrepare' | 'warn' | 'draw' | 'settle'
>;

/** `auth`: nothing will work before an operator acts. `unavailable`: the provider did not answer for the whole patience. */
export interface ModelProblem {
  readonly kind: 'auth' | 'unavailable';
  readonly status: number | null;
  readonly at: Date;
}
