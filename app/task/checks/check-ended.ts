import type { NewEvent } from '../events.ts';
import type { CheckRow } from './decide-checks.ts';

/** The event of a check that was recorded. */
export function checkEnded({ at, name, run, try: times }: CheckRow): Extract<NewEvent, { kind: 'task.check_ended' }> {
  const { cause, commit, durationMs, exitCode, reading } = run;
  return { kind: 'task.check_ended', data: { name, at, commit, try: times, reading, cause, exitCode, durationMs } };
}
