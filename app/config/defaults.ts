/** Every default of Bosun, once. Money in USD here, because that is how people read and override it. */
export const DEFAULTS = {
  /** How often tasks start by themselves on one pull request. */
  autoFixAttempts: 3,
  model: 'claude-sonnet-5',
  maxTurns: 100,
  timeoutMs: 30 * 60_000,
  maxTimeoutMs: 8 * 3_600_000,
  idleTimeoutMs: 15 * 60_000,
  hydrationTimeoutMs: 2 * 60_000,
  priority: 5,
  checkoutDepth: 50,
  environmentTtlMs: 7 * 24 * 3_600_000,
  promptTokenBudget: 100_000,
  concurrency: { repository: 2, user: 3, server: 10 },
  tasksPerUserPerHour: 10,
  budgetUsd: { task: 5, repositoryDay: 50, repositoryMonth: 500, serverDay: 200 },
  pausedForMs: 14 * 24 * 3_600_000,
  lease: { ms: 30_000, renewMs: 10_000 },
  heartbeat: { ms: 30_000, staleMs: 180_000 },
  stopGraceMs: 10_000,
  maxLostAttempts: 3,
  githubPatienceMs: 24 * 3_600_000,
} as const;
