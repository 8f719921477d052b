import { isTerminal } from '../../../protocol/index.ts';
import { isBlocked, isPaused } from '../../../app/store/rules/task-facts.ts';
import { findBroken } from '../../support/invariants.ts';
import { snapshotOfMemory } from '../../support/store-snapshots.ts';
import type { World } from '../process/world.ts';

/** What must hold once everything has come to rest: nothing lost, nothing stuck, and what people see is true. */
export function checkEnd(world: World): void {
  const { sim } = world;
  const { state } = world.stores;
  findBroken(snapshotOfMemory(state)).forEach((sentence) => sim.broke('rows', sentence));
  for (const { task } of state.tasks.values()) {
    const rests = isTerminal(task.state) || isPaused(task) || (isBlocked(task) && task.wait?.reason === 'budget');
    if (!rests) {
      sim.broke('nothing stuck', `task ${task.id} is ${task.state} ${JSON.stringify(task.wait ?? task.lease)}`);
    }
  }
}
