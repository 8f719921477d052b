import type { Refusal } from '../../../budget/decide-limits.ts';
import type { Task } from '../../../task/task.ts';
import { decidePark } from '../../rules/decide-park.ts';
import { slotScopesOf } from '../../rules/task-facts.ts';
import { wakeBlocked } from '../changes/wake-blocked.ts';
import { writeTask } from '../changes/write-task.ts';
import type { WakingQueryable } from '../waking-database.ts';

/**
 * Takes the head of a lane out of the queue until the limit that stopped it is freed. One that waits for money leaves
 * the slot of its requester to their next task.
 */
export async function parkTask(tx: WakingQueryable, park: { task: Task; refusal: Refusal; now: Date }): Promise<void> {
  const { task, refusal, now } = park;
  await writeTask(tx, { before: task, change: decidePark(task, refusal), at: now });
  if (refusal.reason === 'budget') {
    await wakeBlocked(tx, { slots: slotScopesOf(task), scopeKeys: [], now });
  }
}
