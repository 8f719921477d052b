import type { AttemptState } from './states.ts';

/**
 * The steps of an attempt in their order, and the state a task is in while it takes one. The worker's progress, events
 * and checklists use these names; metrics and traces name the states. A task type may leave some out.
 */
export const STEP_STATES = {
  hydrate: 'HYDRATING',
  clone: 'RUNNING',
  setup: 'RUNNING',
  agent: 'RUNNING',
  verify: 'RUNNING',
  push: 'RUNNING',
  publish: 'FINALIZING',
} as const satisfies Record<string, AttemptState>;
export type Step = keyof typeof STEP_STATES;

/** Those that a worker takes and reports. */
export const WORKER_STEPS = ['clone', 'setup', 'agent', 'verify', 'push'] as const satisfies readonly Step[];
export type WorkerStep = (typeof WORKER_STEPS)[number];
