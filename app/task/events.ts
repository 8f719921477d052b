import { z } from 'zod';
import { WAIT_REASONS, type TaskState } from '../../protocol/index.ts';
import { SessionEnd } from './outcome.ts';
import type { Wait } from './task.ts';

const Push = z.object({
  branch: z.string(),
  headSha: z.string(),
  commits: z.number(),
  filesChanged: z.number(),
  /** The thread was edited after the approval, and what was edited was not used. */
  newerText: z.boolean().optional(),
});

const Source = z.object({
  kind: z.string(),
  label: z.string(),
  author: z.string().nullable(),
  url: z.string().nullable(),
  tokens: z.number(),
});

/**
 * What happened to a task, one schema for the data of each kind: append-only rows that people read through reporters,
 * `bosun show`, metrics and traces. Nothing decides by them; what a decision needs is a column. Text in them is untrusted.
 *
 * Rows are kept for weeks and are read by other versions: a field is never removed or made stricter, and a new one is
 * optional. What does not match its schema is read as `unknown`.
 */
const EVENT_DATA = {
  'task.submitted': z.object({}),
  'task.waiting': z.object({
    reason: z.enum(WAIT_REASONS),
    note: z.string().nullish(),
    /** ISO 8601. */
    wakeAt: z.string().nullish(),
    blockedOn: z.string().nullish(),
    /** Login of the person who paused it. */
    by: z.string().optional(),
  }),
  /** `by` is the login of a person who resumed it; without one the time of the wait had come. */
  'task.resumed': z.object({ by: z.string().optional(), reason: z.enum(WAIT_REASONS).optional() }),
  /** A person looked at held work and released it. */
  'task.released': z.object({ by: z.string(), commit: z.string() }),
  /** A question that nobody answered is shown anew, for the `times`th time. */
  'task.asked_again': z.object({ times: z.number() }),
  'task.accepted': z.object({ by: z.string(), commit: z.string() }),
  /** Whether the work of an attempt is good. */
  'task.verdict': z.object({
    kind: z.enum(['PASSED', 'GAPS_FOUND', 'HUMAN_NEEDED']),
    cause: z.string().nullish(),
    /** The fix that begins with it. */
    fix: z.number().nullish(),
    reasons: z.array(z.string()).readonly(),
  }),
  'task.claimed': z.object({}),
  'task.hydrated': z.object({
    sources: z.array(Source).readonly(),
    tokenEstimate: z.number(),
    truncated: z.boolean(),
    dropped: z.number(),
    leftOut: z.object({ notWriter: z.number(), later: z.number(), edited: z.number(), bot: z.number() }),
    /** Comments from which a quoted mail or a signature was cut. */
    cut: z.number().optional(),
    /** Places from which hidden text was removed. */
    hidden: z.number(),
    /** Diagrams and formulas of which a reader sees a picture. */
    drawings: z.number().optional(),
    /** Instruction files that were not read, or not to their end. */
    unread: z
      .array(z.object({ path: z.string(), why: z.string() }))
      .readonly()
      .optional(),
    /** The thread or the command was edited after the approval, and what was edited was not read. */
    newerText: z.boolean().optional(),
    /** Whether the attempt continues earlier work. */
    resumed: z.boolean(),
  }),
  'task.started': z.object({}),
  'task.prepared': z.object({
    ok: z.boolean(),
    fromSnapshot: z.boolean(),
    durationMs: z.number(),
    command: z.string(),
    exitCode: z.number().nullish(),
    cause: z.string().nullish(),
    source: z.string(),
  }),
  'task.progress': z.object({ phase: z.string(), turn: z.number(), note: z.string().nullish() }),
  'task.check_started': z.object({
    name: z.string(),
    at: z.enum(['head', 'base']),
    commit: z.string(),
    try: z.number(),
  }),
  'task.check_ended': z.object({
    name: z.string(),
    at: z.enum(['head', 'base']),
    commit: z.string(),
    try: z.number(),
    reading: z.enum(['pass', 'fail', 'inconclusive']),
    cause: z.string().nullish(),
    exitCode: z.number().nullish(),
    durationMs: z.number(),
    /** Known from an earlier task, so that nothing ran. */
    known: z.boolean().optional(),
  }),
  'task.budget_warning': z.object({ percent: z.number() }),
  'task.budget_raised': z.object({ addNano: z.number(), budgetNano: z.number(), by: z.string() }),
  'task.stop_requested': z.object({ kind: z.enum(['cancel', 'pause']), by: z.string() }),
  'task.session_ended': z.object({ session: SessionEnd }),
  'task.gate_passed': Push,
  'task.pushed': Push,
  'task.published': z.object({ number: z.number(), url: z.string(), branch: z.string() }),
  'task.lease_lost': z.object({ owner: z.string().nullish() }),
  'task.attempt_lost': z.object({ why: z.string(), lostAttempts: z.number(), wakeAt: z.string().nullish() }),
  'task.note': z.object({ note: z.string() }),
  'task.ended': z.object({ outcome: z.string().optional(), code: z.string().optional(), by: z.string().optional() }),
} as const;

export type EventKind = keyof typeof EVENT_DATA;

export type EventData<Kind extends EventKind> = Readonly<z.output<(typeof EVENT_DATA)[Kind]>>;

type Known = { [Kind in EventKind]: { readonly kind: Kind; readonly data: EventData<Kind> } }[EventKind];

/** Written by another version, or damaged: shown as it is, never interpreted. */
interface Unknown {
  readonly kind: 'unknown';
  /** The kind as it was written. */
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Position {
  readonly seq: number;
  readonly taskId: string;
  readonly epoch: number;
  readonly at: Date;
  readonly state: TaskState;
}

export type TaskEvent = Position & (Known | Unknown);

/** An event of one kind, for those that look for it. */
export type EventOf<Kind extends EventKind> = Position & Extract<Known, { kind: Kind }>;

/** Kinds that say everything by their name. */
type Plain = 'task.submitted' | 'task.claimed' | 'task.started';

/** An event to be written together with the change it reports. */
export type NewEvent = Exclude<Known, { kind: Plain }> | { readonly kind: Plain };

/** Reads an event as a store keeps it; every row becomes an event. */
export function readEvent(row: Position & { readonly kind: string; readonly data: unknown }): TaskEvent {
  const { seq, taskId, epoch, at, state, kind, data } = row;
  const position = { seq, taskId, epoch, at, state };
  const known = Object.hasOwn(EVENT_DATA, kind) ? EVENT_DATA[kind as EventKind].safeParse(data) : null;
  if (known?.success === true) {
    return { ...position, kind, data: known.data } as TaskEvent;
  }
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data);
  return { ...position, kind: 'unknown', name: kind, data: isObject ? { ...data } : { value: data } };
}

/** The latest event of one kind. */
export function findLatest<Kind extends EventKind>(
  events: readonly TaskEvent[],
  kind: Kind,
): EventOf<Kind> | undefined {
  return events.findLast((event): event is EventOf<Kind> => event.kind === kind);
}

/** The event of a task that begins to wait. */
export function waitingEvent(wait: Wait, by?: string): Extract<NewEvent, { kind: 'task.waiting' }> {
  const { reason, note, wakeAt, blockedOn } = wait;
  const data = { reason, note, wakeAt: wakeAt.toISOString(), ...(blockedOn === null ? {} : { blockedOn }) };
  return { kind: 'task.waiting', data: by === undefined ? data : { ...data, by } };
}
