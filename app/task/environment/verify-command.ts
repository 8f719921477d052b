import type { Attempt } from '../attempt.ts';
import type { Task } from '../task.ts';

/** The command that tests the work of an attempt: the one of the repository's file, else what was detected; null without. */
export function verifyCommandOf(
  task: Pick<Task, 'settings'>,
  attempt: Pick<Attempt, 'environment'> | null,
): string | null {
  const { verify } = task.settings;
  if (verify === 'none') {
    return null;
  }
  return verify ?? attempt?.environment?.verify?.command ?? null;
}
