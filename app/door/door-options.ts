import type { Artifacts } from '../store/artifacts.ts';
import type { AttemptStore } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { GitPort } from './git/git-port.ts';
import type { ModelProvider } from './model/dialect.ts';
import type { PackagesPort } from './packages/handle-packages.ts';

/** `none` is a path that the door does not have. */
export type DoorRoom = 'model' | 'git' | 'events' | 'packages' | 'health' | 'none';

/** What the door is made of. Everything that varies comes in here. */
export interface DoorOptions {
  readonly stores: { readonly attempts: DoorAttempts };
  readonly artifacts: Pick<Artifacts, 'append'>;
  readonly git: GitPort;
  readonly provider: ModelProvider;
  /** Absent: this door mirrors no packages. */
  readonly packages?: PackagesPort;
  readonly clock: Clock;
  readonly tracer?: Tracer;
  /** Told once for each request, when its answer has ended: the room, the status, and milliseconds. */
  readonly onAnswer?: (answer: { room: DoorRoom; status: number; durationMs: number }) => void;
  readonly log: DoorLog;
  readonly limits?: Partial<DoorLimits>;
  /** Models a task may use beside its own, such as a small one for side questions; they must have a price. */
  readonly extraModels?: readonly string[];
  /** Takes secrets out of log text before it is kept. */
  readonly redact?: (text: string) => string;
  /** Told when the provider refuses the key or stays away, and once with null when it answers again: admission may stop meanwhile. */
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

/** Structured log in the manner of pino: fields first. No field ever holds a token, a key or a body. */
export interface DoorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface DoorLimits {
  readonly headerBytes: number;
  readonly modelBodyBytes: number;
  readonly eventsBodyBytes: number;
  readonly gitBodyBytes: number;
  readonly eventsPerRequest: number;
  /** Bytes of log lines one attempt may send; the rest is dropped with one marker line. */
  readonly logBytesPerAttempt: number;
  /** Time to send the headers, and the whole request. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly connections: number;
  /** Per attempt. Model requests have their own, smaller share, so that they never crowd out heartbeats. */
  readonly modelConcurrency: number;
  readonly modelRequestsPerMinute: number;
  readonly concurrency: number;
  readonly requestsPerMinute: number;
  /** Per attempt, of package mirrors. */
  readonly packageBytes: number;
  readonly packageRequests: number;
  readonly packageConcurrency: number;
  /** `max_tokens` where the request names none, and the most it may name. */
  readonly defaultOutputTokens: number;
  readonly maxOutputTokens: number;
  /** Instead of refusing for want of money, `max_tokens` is lowered as far as this. */
  readonly minOutputTokens: number;
  /** How long the gateway itself tries again while the provider is busy, retry-after included. */
  readonly patienceMs: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** The provider must begin to answer, go on answering, and be done, whether or not the worker still listens. */
  readonly answerTimeoutMs: number;
  readonly silenceTimeoutMs: number;
  readonly modelTimeoutMs: number;
  /** Longest answer that is read, and how much of it a worker may leave unread before its connection is cut. */
  readonly answerBytes: number;
  readonly unreadBytes: number;
}

export const DOOR_LIMITS: DoorLimits = {
  headerBytes: 16 * 1024,
  modelBodyBytes: 32 * 1024 * 1024,
  eventsBodyBytes: 1024 * 1024,
  gitBodyBytes: 512 * 1024 * 1024,
  eventsPerRequest: 100,
  logBytesPerAttempt: 16 * 1024 * 1024,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 10 * 60_000,
  connections: 2_000,
  modelConcurrency: 8,
  modelRequestsPerMinute: 120,
  concurrency: 32,
  requestsPerMinute: 1_200,
  packageBytes: 16 * 1024 ** 3,
  packageRequests: 100_000,
  packageConcurrency: 64,
  defaultOutputTokens: 8_192,
  maxOutputTokens: 64_000,
  minOutputTokens: 1_024,
  patienceMs: 120_000,
  firstPauseMs: 1_000,
  longestPauseMs: 20_000,
  answerTimeoutMs: 10 * 60_000,
  silenceTimeoutMs: 3 * 60_000,
  modelTimeoutMs: 20 * 60_000,
  answerBytes: 64 * 1024 * 1024,
  unreadBytes: 8 * 1024 * 1024,
};
