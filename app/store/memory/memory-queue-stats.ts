import { ATTEMPT_STATES, WAIT_REASONS } from '../../../protocol/index.ts';
import type { QueueStatsStore } from '../queue-stats.ts';
import { unended, type MemoryState } from './memory-state.ts';

export function createMemoryQueueStats(state: MemoryState): QueueStatsStore {
  return {
    read: async () => {
      const tasks = unended(state).map(({ task }) => task);
      return {
        live: tally(ATTEMPT_STATES, (name) => tasks.filter((task) => task.state === name).length),
        waits: tally(WAIT_REASONS, (reason) => tasks.filter((task) => task.wait?.reason === reason).length),
        deliveries: [...state.inbox.values()].filter((row) => row.state === 'new').length,
        messages: [...state.outbox.values()].filter((row) => !row.settled).length,
        reports: [...state.tasks.values()].filter(({ reported, task }) => task.revision > reported.revision).length,
      };
    },
  };
}

function tally<Name extends string>(names: readonly Name[], count: (name: Name) => number): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, count(name)])) as Record<Name, number>;
}
