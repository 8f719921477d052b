import type { ServerPauseStore } from '../server-pause.ts';
import type { MemoryState } from './memory-state.ts';

export function createMemoryServerPause(state: MemoryState): ServerPauseStore {
  return {
    set: async (pause) => (state.pause.current ??= pause),
    clear: async () => {
      const wasPaused = state.pause.current !== null;
      state.pause.current = null;
      if (wasPaused) {
        state.notify({ kind: 'task', id: '*' });
      }
      return wasPaused;
    },
    read: async () => state.pause.current,
  };
}
