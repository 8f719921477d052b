import type { Database } from '../../database.ts';
import { lockSlots } from '../changes/lock-task.ts';

/**
 * Lanes keep the limit of the last claim, so that the index knows which are full. When this process claims with another
 * limit than before, the lanes that were full under the old one have to be woken.
 */
export function createLimitKeeper(database: Database): (maxRunning: number) => Promise<void> {
  let kept: number | null = null;
  return async (maxRunning) => {
    if (kept === maxRunning) {
      return;
    }
    await database.transaction(async (tx) => {
      await lockSlots(tx);
      await tx.query({
        name: 'lanes-keep-limit',
        text: 'update lane set max_running = $1 where max_running <> $1',
        values: [maxRunning],
      });
    });
    kept = maxRunning;
  };
}
