import { isTerminal } from '../../../protocol/index.ts';
import type { Chain } from '../../task/chain.ts';
import type { ChainStore } from '../chains.ts';
import type { MemoryState } from './memory-state.ts';

export function createMemoryChains(state: MemoryState): ChainStore {
  const chains = new Map<string, Chain>();

  function begin(since: Date): void {
    for (const { task } of state.tasks.values()) {
      const { finishedAt, id, publication, settings, thread } = task;
      const isNew = task.state === 'COMPLETED' && finishedAt !== null && finishedAt > since && !chains.has(id);
      if (isNew && settings.chain !== undefined && thread.kind === 'issue' && publication.pullNumber !== null) {
        chains.set(id, {
          id,
          pullNumber: publication.pullNumber,
          links: settings.chain,
          steps: [{ link: 'implement', taskId: id }],
          state: 'running',
          note: null,
        });
      }
    }
  }

  return {
    async due({ max, since }) {
      begin(since);
      const ended = [...chains.values()].filter((chain) => {
        const current = state.tasks.get(chain.steps.at(-1)?.taskId ?? '');
        return chain.state === 'running' && current !== undefined && isTerminal(current.task.state);
      });
      return ended.toSorted((one, other) => (one.id < other.id ? -1 : 1)).slice(0, max);
    },
    async advance({ from, id, to }) {
      const chain = chains.get(id);
      if (chain === undefined || chain.state !== 'running' || chain.steps.at(-1)?.taskId !== from) {
        return { moved: false };
      }
      chains.set(id, 'state' in to ? { ...chain, ...to } : { ...chain, steps: [...chain.steps, to.step] });
      return { moved: true };
    },
    findOf: async (taskId) =>
      [...chains.values()].find(({ steps }) => steps.some((step) => step.taskId === taskId)) ?? null,
  };
}
