import type { Task } from '../task/task.ts';
import type { KeyStore } from './stores.ts';

/** What a restore left on record: the instant of the backup, and when it was put back. */
export interface Restored {
  readonly backupAt: Date;
  readonly restoredAt: Date;
}

/** Name of the fact; `bosun restore` writes it in the transaction that restores. */
export const RESTORED_FACT = 'restored';

/** The last restore of this database; null when there was none. */
export async function readRestored(keys: Pick<KeyStore, 'read'>): Promise<Restored | null> {
  const text = await keys.read(RESTORED_FACT);
  if (text === null) {
    return null;
  }
  const { backupAt, restoredAt } = JSON.parse(text) as Record<keyof Restored, string>;
  return { backupAt: new Date(backupAt), restoredAt: new Date(restoredAt) };
}

export function renderRestored({ backupAt, restoredAt }: Restored): string {
  return JSON.stringify({ backupAt: backupAt.toISOString(), restoredAt: restoredAt.toISOString() });
}

/**
 * Whether GitHub may hold more of a task than the rows say: it was asked for before the restore, so an attempt that the
 * backup does not know of may have run.
 */
export function mayHaveRun(task: Pick<Task, 'text'>, restored: Restored | null): boolean {
  return restored !== null && task.text.at <= restored.restoredAt;
}

/**
 * Whether GitHub may know more of a task than the rows do, because it was not compared since the restore: nothing may
 * run, and nothing be shown over what is there.
 */
export function isUncompared(task: Pick<Task, 'text' | 'comparedRestore'>, restored: Restored | null): boolean {
  return mayHaveRun(task, restored) && task.comparedRestore?.getTime() !== restored?.restoredAt.getTime();
}
