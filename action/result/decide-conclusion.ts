import type { Task } from '../../app/task/task.ts';

/** How the run ended, as the output `conclusion` tells it. */
export const CONCLUSIONS = ['success', 'neutral', 'failure', 'timed_out', 'cancelled', 'refused', 'skipped'] as const;
export type Conclusion = (typeof CONCLUSIONS)[number];

/** `neutral`: ended well without a pull request that passed its checks, such as with a question or after a dry run. */
export function concludeTask(task: Pick<Task, 'state' | 'outcome'>): Conclusion {
  switch (task.state) {
    case 'COMPLETED':
      return isSuccess(task.outcome) ? 'success' : 'neutral';
    case 'CANCELLED':
      return 'cancelled';
    case 'TIMED_OUT':
      return 'timed_out';
    default:
      return 'failure';
  }
}

function isSuccess(outcome: Task['outcome']): boolean {
  return outcome?.kind === 'reported' || (outcome?.kind === 'published' && outcome.verified !== 'failed');
}

/** From the notes of admission, one for each command, when no task came of them. */
export function concludeNotes(note: string): Conclusion {
  const notes = note.split('; ');
  if (notes.every((one) => one.startsWith('ignored') || one.startsWith('known'))) {
    return 'skipped';
  }
  return notes.some((one) => one.startsWith('refused')) ? 'refused' : 'neutral';
}

/** A job fails when its task did, not when there was nothing to do or somebody may not. */
export function exitCodeOf(conclusion: Conclusion): 0 | 1 {
  return ['failure', 'timed_out', 'cancelled'].includes(conclusion) ? 1 : 0;
}
