import type { Task } from '../../task/task.ts';
import { QUOTE_WINDOW } from '../quotes.ts';
import type { QuoteStore } from '../quotes.ts';
import type { MemoryState } from './memory-state.ts';

const ENDED: ReadonlySet<Task['state']> = new Set(['COMPLETED', 'FAILED', 'TIMED_OUT']);

export function createMemoryQuotes(state: MemoryState): QuoteStore {
  function newest(matches: (task: Task) => boolean): Task[] {
    return [...state.tasks.values()]
      .map(({ task }) => task)
      .filter((task) => ENDED.has(task.state) && task.epoch > 0 && matches(task))
      .toSorted((a, b) => (b.finishedAt?.getTime() ?? 0) - (a.finishedAt?.getTime() ?? 0))
      .slice(0, QUOTE_WINDOW);
  }

  const calibration: QuoteStore['calibration'] = async (repositoryId) => {
    const quoted = newest((task) => task.repository.id === repositoryId && (task.settings.quote ?? null) !== null);
    const under = quoted.filter((task) => task.spentNano <= (task.settings.quote?.p90Nano ?? 0));
    return { quoted: quoted.length, under: under.length };
  };

  return {
    calibration,
    history: async ({ repositoryId, size, tier, type }) => {
      function costs(matches: (task: Task) => boolean): number[] {
        return newest((task) => task.type === type && matches(task)).map((task) => task.spentNano);
      }
      const isHere = (task: Task): boolean => task.repository.id === repositoryId;
      return {
        same: costs(
          (task) => isHere(task) && (task.settings.size ?? 'M') === size && (task.settings.tier ?? null) === tier,
        ),
        repository: costs(isHere),
        server: costs(() => true),
        calibration: await calibration(repositoryId),
      };
    },
  };
}
