import type { Attempt } from '../attempt.ts';
import type { Task } from '../task.ts';

/** What tests the work of an attempt: its checks, as one command; before they are planned, what the file names. */
export function verifyCommandOf(
  task: Pick<Task, 'settings'>,
  attempt: Pick<Attempt, 'environment'> | null,
): string | null {
  const checks = attempt?.environment?.checks;
  if (checks !== undefined) {
    return checks.length === 0 ? null : checks.map(({ run }) => run).join(' && ');
  }
  const { verify } = task.settings;
  if (verify === 'none') {
    return null;
  }
  return verify ?? attempt?.environment?.verify?.command ?? null;
}
