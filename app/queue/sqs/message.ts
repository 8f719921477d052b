import { createHash } from 'node:crypto';
import { ANY_ID } from '../mailbox.ts';
import type { WakeUp } from '../../store/wake-up.ts';
import type { OutgoingMessage } from './sqs-messages.ts';

const SENDABLE_KINDS = ['inbox', 'task', 'report'] as const;
/** Ten of these fit into one batch with room to spare. */
const LONGEST_ID_BYTES = 7_000;

/** A wake-up on its way, and how often a process that has no use for it handed it on. */
export interface Hint {
  readonly wakeUp: WakeUp;
  readonly hops: number;
}

/**
 * The message of a hint. `dedupId` is new for each call of `send`: a FIFO queue that recognised hints by their row would
 * swallow for five minutes what says that the row has changed again. What the SDK repeats it repeats with the same id.
 */
export function encodeHint({ wakeUp, hops }: Hint, dedupId: string): OutgoingMessage {
  const id = Buffer.byteLength(wakeUp.id) > LONGEST_ID_BYTES ? ANY_ID : wakeUp.id;
  return {
    body: toAscii(JSON.stringify({ kind: wakeUp.kind, id, ...(hops === 0 ? {} : { hops }) })),
    groupId: groupOf({ kind: wakeUp.kind, id }, dedupId),
    dedupId,
    attributes: {},
  };
}

/** Null when the body is not one of ours. */
export function decodeHint(body: string): Hint | null {
  try {
    const value = JSON.parse(body) as { kind?: unknown; id?: unknown; hops?: unknown } | null;
    const kind = SENDABLE_KINDS.find((known) => known === value?.kind);
    return kind !== undefined && typeof value?.id === 'string'
      ? { wakeUp: { kind, id: value.id }, hops: Number.isSafeInteger(value.hops) ? Number(value.hops) : 0 }
      : null;
  } catch {
    return null;
  }
}

/**
 * Each row is a group of its own, so that a hint in somebody's hands holds up no other row. Hints for everything are
 * each alone: any number of processes may look at once.
 */
function groupOf(wakeUp: WakeUp, dedupId: string): string {
  return wakeUp.id === ANY_ID
    ? dedupId
    : `${wakeUp.kind}-${createHash('sha256').update(wakeUp.id).digest('hex').slice(0, 40)}`;
}

/** SQS refuses some characters that JSON leaves as they are. */
function toAscii(json: string): string {
  return json.replace(/[\u007F-\uFFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
