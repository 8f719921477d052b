import { DEFAULTS } from '../config/defaults.ts';
import type { OrchestratorTimes } from '../orchestrator/context.ts';

/** The orchestrator's clockwork as App and Action start from it. */
export const ORCHESTRATOR_TIMES: OrchestratorTimes = {
  leaseMs: DEFAULTS.lease.ms,
  renewMs: DEFAULTS.lease.renewMs,
  heartbeatMs: DEFAULTS.heartbeat.ms,
  heartbeatStaleMs: DEFAULTS.heartbeat.staleMs,
  hydrationTimeoutMs: DEFAULTS.hydrationTimeoutMs,
  stopGraceMs: DEFAULTS.stopGraceMs,
  recoveryMs: 60_000,
  githubPatienceMs: DEFAULTS.githubPatienceMs,
  pausedForMs: DEFAULTS.pausedForMs,
  maxLostAttempts: DEFAULTS.maxLostAttempts,
  // Four heartbeats and a dozen renewals.
  longestPauseMs: 120_000,
};
