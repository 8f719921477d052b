export interface DoorLimits {
  readonly headerBytes: number;
  readonly modelBodyBytes: number;
  readonly eventsBodyBytes: number;
  readonly gitBodyBytes: number;
  readonly conversationBytes: number;
  /** Largest report file of a check. */
  readonly reportBytes: number;
  /** Largest archive of what a prepare session on another machine made. */
  readonly environmentBytes: number;
  readonly eventsPerRequest: number;
  /** Bytes of log lines one attempt may send; the rest is dropped with one marker line. */
  readonly logBytesPerAttempt: number;
  /** Time to send the headers, and the whole request. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly connections: number;
  /** On which no valid token was shown yet; beyond it the oldest is closed. */
  readonly unownedConnections: number;
  readonly connectionsPerAttempt: number;
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
  /** Instead of refusing for lack of money, `max_tokens` is lowered as far as this. */
  readonly minOutputTokens: number;
  /** How long the gateway itself tries again while the provider is busy, retry-after included. */
  readonly patienceMs: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** The provider must begin to answer, continue answering, and be done, whether or not the worker still listens. */
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
  conversationBytes: 32 * 1024 * 1024,
  reportBytes: 8 * 1024 * 1024,
  environmentBytes: 16 * 1024 ** 3,
  eventsPerRequest: 100,
  logBytesPerAttempt: 16 * 1024 * 1024,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 10 * 60_000,
  connections: 2_000,
  unownedConnections: 256,
  connectionsPerAttempt: 128,
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
