import type { Task } from '../task/task.ts';
import { sha256Hex } from '../text/sha256-hex.ts';

/** Every span and its parent; `task` is the root of its trace. What an attempt does is named by the state it is in. */
export const SPANS = {
  task: null,
  delivery: 'task',
  admission: 'task',
  wait: 'task',
  claim: 'task',
  HYDRATING: 'task',
  RUNNING: 'task',
  'model request': 'RUNNING',
  FINALIZING: 'task',
  gate: 'FINALIZING',
  push: 'FINALIZING',
  'pull request': 'FINALIZING',
  comment: 'task',
  'check run': 'task',
} as const satisfies Record<string, string | null>;
export type SpanName = keyof typeof SPANS;

export type SpanSubject = Pick<Task, 'id' | 'epoch' | 'repository' | 'state'>;
/** Numbers and words of ours; never text that people or models wrote. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/**
 * Spans of tasks: one trace for each, to which every process adds what it does. Nothing is passed between processes:
 * the id of the trace is the id of the task, and the ids of spans with others under them follow from it.
 */
export interface Tracer {
  /** A span around work; `note` adds facts to it. An error marks it by its name alone, because messages may quote text. */
  trace<T>(name: SpanName, task: SpanSubject, work: (note: (facts: SpanFacts) => void) => Promise<T>): Promise<T>;
  /** A span whose times are known. */
  record(name: SpanName, task: SpanSubject, span: { startedAt: Date; endedAt: Date; facts?: SpanFacts }): void;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Does the work and keeps nothing of it. */
export const NO_TRACER: Tracer = {
  trace: (_name, _task, work) => work(() => undefined),
  record: () => undefined,
  close: async () => undefined,
};

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The 128 bits of a ULID as 32 hex digits; null for what is none. */
export function traceIdOf(taskId: string): string | null {
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(taskId)) {
    return null;
  }
  const bits = [...taskId].reduce((sum, letter) => sum * 32n + BigInt(ALPHABET.indexOf(letter)), 0n);
  return bits === 0n ? null : bits.toString(16).padStart(32, '0');
}

/** The id of a span that others stand under, the same in every process; null for one that none stands under. */
export function spanIdOf(name: SpanName, task: Pick<SpanSubject, 'id' | 'epoch'>): string | null {
  if (!(Object.values(SPANS) as (string | null)[]).includes(name)) {
    return null;
  }
  const of = name === 'task' ? name : `${name} ${task.epoch}`;
  return sha256Hex(`span ${task.id} ${of}`).slice(0, 16);
}
