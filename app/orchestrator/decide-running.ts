import type { SessionFacts } from '../compute/compute.ts';
import type { SessionEnd } from '../task/outcome.ts';
import type { Attempt } from '../task/attempt.ts';
import type { Task } from '../task/task.ts';

export interface RunningFacts {
  readonly task: Pick<Task, 'stop' | 'settings' | 'lostAttempts'>;
  readonly attempt: Pick<Attempt, 'startedAt' | 'heartbeatAt' | 'progressAt' | 'result'>;
  readonly session: SessionFacts;
  readonly heartbeatStaleMs: number;
}

export type RunningDecision =
  /** Nothing to do before `until`, unless something wakes the task. */
  | { readonly do: 'wait'; readonly until: Date }
  | { readonly do: 'stop'; readonly why: 'cancel' | 'pause' | 'timeout' | 'idle' }
  | { readonly do: 'end'; readonly session: SessionEnd }
  /** The worker is gone without having said that it finished; `silent` ones only seem to be. */
  | { readonly do: 'lost'; readonly why: string; readonly silent: boolean };

/**
 * What to do about a RUNNING attempt. The order matters: what the worker finished counts before what people or clocks
 * want, and a person's wish counts before a clock's.
 */
export function decideRunning(facts: RunningFacts, now: Date): RunningDecision {
  const { attempt, session, task } = facts;
  if (attempt.result !== null) {
    return { do: 'end', session: { kind: 'finished' } };
  }
  if (session.kind === 'exited' && session.exitCode === 0) {
    return { do: 'end', session: { kind: 'exited', exitCode: 0, outOfMemory: false } };
  }
  if (session.kind === 'exited' && session.outOfMemory && (task.lostAttempts > 0 || session.signal !== 'SIGKILL')) {
    return { do: 'end', session: { kind: 'exited', exitCode: session.exitCode, outOfMemory: true } };
  }
  if (task.stop !== null) {
    return { do: 'stop', why: task.stop.kind };
  }
  if (session.kind === 'exited') {
    // A SIGKILL is most often the kernel short of memory, and sometimes chance: once, the next try tells.
    return {
      do: 'lost',
      why: `the worker ended with ${session.signal ?? `exit code ${session.exitCode ?? 'unknown'}`}`,
      silent: false,
    };
  }
  if (session.kind === 'unknown') {
    return { do: 'lost', why: 'the worker has ended', silent: false };
  }
  const timeoutAt = after(attempt.startedAt, task.settings.timeoutMs);
  if (now >= timeoutAt) {
    return { do: 'stop', why: 'timeout' };
  }
  const idleAt = after(attempt.progressAt ?? attempt.startedAt, task.settings.idleTimeoutMs);
  if (now >= idleAt) {
    return { do: 'stop', why: 'idle' };
  }
  const staleAt = after(attempt.heartbeatAt ?? attempt.startedAt, facts.heartbeatStaleMs);
  if (now >= staleAt) {
    return { do: 'lost', why: 'the worker sent no heartbeat', silent: true };
  }
  return { do: 'wait', until: earliest([timeoutAt, idleAt, staleAt]) };
}

function after(from: Date, ms: number): Date {
  return new Date(from.getTime() + ms);
}

function earliest(dates: readonly Date[]): Date {
  return new Date(Math.min(...dates.map((date) => date.getTime())));
}
