import type { SessionEnd } from './outcome.ts';
import type { StopRequest } from './task.ts';

/**
 * Whether a person cancelled the attempt: their request is open, or the worker was stopped because of it. Everything that
 * asks this asks here, so that publishing and the conclusion cannot differ.
 */
export function wasCancelled(facts: {
  readonly stop: StopRequest['kind'] | null;
  readonly session?: SessionEnd;
}): boolean {
  const { session, stop } = facts;
  return stop === 'cancel' || (session?.kind === 'stopped' && session.why === 'cancel');
}
