import type { MemoryFigures } from './measure-memory.ts';

export const PROCESSES = [1, 2, 4] as const;
export type Processes = (typeof PROCESSES)[number];

/** What the database does for one task. */
export interface Work {
  readonly transactions: number;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly walBytes: number;
}

export interface ScaleFigures {
  readonly perSecond: Readonly<Record<Processes, number[]>>;
  readonly work: readonly Work[];
  /** Commits of one small row a second, 16 callers: what the server's disk and locks allow at most. */
  readonly commitsPerSecond: readonly number[];
  readonly memory: MemoryFigures;
}
