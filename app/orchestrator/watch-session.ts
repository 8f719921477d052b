import type { SessionFacts, SessionRef } from '../compute/compute.ts';
import type { OrchestratorContext, StepSignals } from './context.ts';

export interface WatchedSession {
  /** How it ended, as soon as that was observed; until then what a probe finds. */
  facts(): Promise<SessionFacts>;
  /** Resolves when its end was observed, or cannot be. */
  readonly ended: Promise<void>;
}

/** Observes the end of a session, which wakes its task. */
export function watchSession(
  session: SessionRef,
  { context, signals }: { context: Pick<OrchestratorContext, 'compute' | 'log'>; signals: Pick<StepSignals, 'nudge'> },
): WatchedSession {
  let exited: SessionFacts | null = null;
  const ended = context.compute.ended(session).then(
    (facts) => {
      exited = facts;
      signals.nudge();
    },
    (error: unknown) => {
      // What is left of the session is found by asking for it.
      context.log.error('The end of a session was not observed cleanly', { err: error, ...session });
      signals.nudge();
    },
  );
  return { ended, facts: async () => exited ?? (await context.compute.probe(session)) };
}
