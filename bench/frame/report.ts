import type { Machine } from './describe-machine.ts';
import type { Plot } from './plot-bars.ts';

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One figure that was promised, and what came out. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean;
}

/** What a bench has to say: tables for people, `figures` for programs. */
export interface Report {
  readonly bench: string;
  readonly runs: number;
  readonly machine: Machine;
  /** What was compared and how, one sentence each. */
  readonly notes: readonly string[];
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  /** Where the figures make a picture. */
  readonly plot?: Plot;
  /** The same figures as numbers, with the unit in each name. */
  readonly figures: Readonly<Record<string, unknown>>;
}

export interface BenchOptions {
  readonly runs: number;
  /** Where CPU profiles of the measured processes go; null for none. */
  readonly profileDirectory: string | null;
  /** How long a bench that plays a steady flow plays it. */
  readonly minutes: number;
  readonly onProgress: (line: string) => void;
}
