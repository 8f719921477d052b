import type { Chain, ChainStep } from '../task/chain.ts';

/** Chains of tasks, one row each. */
export interface ChainStore {
  /** Begins the chains of tasks that have published since `since`, and resolves with those whose current task has ended. */
  due(options: { now: Date; since: Date; max: number }): Promise<Chain[]>;
  /** Moves a chain on from its current task, once: with the next task, or to its end. */
  advance(change: {
    id: string;
    from: string;
    to: { readonly step: ChainStep } | { readonly state: Exclude<Chain['state'], 'running'>; readonly note: string };
    now: Date;
  }): Promise<{ moved: boolean }>;
  /** The chain that a task belongs to. */
  findOf(taskId: string): Promise<Chain | null>;
}
