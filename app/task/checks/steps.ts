import type { CheckStep } from './check.ts';

/** A command that runs after the checkout and before the agent, with the package mirrors and without any text of people. */
export interface BeforeStep {
  /** Unique within a task; `[a-z0-9-]`. */
  readonly name: string;
  readonly run: string;
  readonly timeoutMs: number;
}

/** What a task is made of, in this order. */
export const SEQUENCE = ['hydrate', 'before', 'agent', 'after', 'publish'] as const;
export type SequenceEntry = (typeof SEQUENCE)[number];

/** `steps` of the repository's file. */
export interface TaskSteps {
  /** Null: the short form `setup` decides. */
  readonly before: readonly BeforeStep[] | null;
  /** Null: the short form `verify` decides. */
  readonly after: readonly CheckStep[] | null;
  readonly sequence: readonly SequenceEntry[];
}

/** The exit code by which a `before` step says that there is nothing to do. */
export const NOTHING_TO_DO = 78;

export const STEP_TIMEOUT_MS = 15 * 60_000;

/** The one `after` step that the short form `verify` stands for. */
export function verifyStep(command: string): CheckStep {
  return { name: 'verify', run: command, timeoutMs: STEP_TIMEOUT_MS, gate: 'regression', report: null, retry: true };
}

/** Whether the sequence of a task has an entry; without one of its own it has all. */
export function hasEntry(steps: TaskSteps | undefined, entry: SequenceEntry): boolean {
  return (steps?.sequence ?? SEQUENCE).includes(entry);
}
