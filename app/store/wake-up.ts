import type { Task } from '../task/task.ts';
import { isEligible, isLive } from './rules/task-facts.ts';

/** A hint that a row has to be looked at. It may be lost, repeated or late; nothing waits for it. */
export interface WakeUp {
  /**
   * `inbox`: a delivery to route; `task`: a task to claim or to stop; `report`: something to show; `nudge`: a task
   * changed, for the process that leases it, where hints for new work come another way.
   */
  readonly kind: 'inbox' | 'task' | 'report' | 'nudge';
  /** Of the row to look at; `*` for any of the kind. */
  readonly id: string;
}

export type Wake = (wakeUp: WakeUp) => void;

/**
 * Whom a change of a task wakes, the same for every store: the orchestrators when there is something to claim, a slot
 * became free or the owner is asked to stop, and always the reporters. `before` is null for a task just admitted.
 */
export function wakeUpsOf(before: Task | null, next: Task): WakeUp[] {
  const { id } = next;
  const becameEligible = isEligible(next) && (before === null || !isEligible(before));
  const leftItsSlot = before !== null && isLive(before) && !isLive(next);
  const wasAskedToStop = before !== null && next.stop !== before.stop;
  const report: WakeUp = { kind: 'report', id };
  return becameEligible || leftItsSlot || wasAskedToStop ? [{ kind: 'task', id }, report] : [report];
}
