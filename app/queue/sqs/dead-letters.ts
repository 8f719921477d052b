import { randomUUID } from 'node:crypto';
import { decodeHint } from './message.ts';
import { REASON_ATTRIBUTE } from './park-message.ts';
import type { IncomingMessage, SqsMessages } from './sqs-messages.ts';

/** A message that was given up. */
export interface DeadLetter {
  readonly id: string;
  readonly sentAt: Date | null;
  readonly reason: string;
  readonly body: string;
  /** Only what Bosun wrote can be put back; anything else would come straight here again. */
  readonly readable: boolean;
}

const TOO_OFTEN = 'received too often';
/** Long enough to read all that is there once, short enough not to be in anybody's way. */
const HIDDEN_SECONDS = 30;
const MOST_AT_ONCE = 10;

/** What lies in the dead-letter queue, up to `max`; it stays there. */
export async function listDeadLetters(messages: SqsMessages, max: number): Promise<DeadLetter[]> {
  const found = await receiveAll(messages, max);
  await giveBack(messages, found);
  return found.map(toDeadLetter);
}

/**
 * Puts dead letters, or the one with this id, back into their queue: each is sent, and then removed, so that one may
 * arrive twice and none is lost. By hand, because moving them in one request is not to be had everywhere and would take
 * unreadable ones along. Resolves with the ids of those put back.
 */
export async function redriveDeadLetters(
  messages: SqsMessages,
  to: { queue: SqsMessages; id: string | null; max: number },
): Promise<string[]> {
  const found = await receiveAll(messages, to.max);
  const back: string[] = [];
  const staying: IncomingMessage[] = [];
  for (const message of found) {
    const isWanted = (to.id === null || to.id === message.messageId) && toDeadLetter(message).readable;
    const [refused] = isWanted ? await to.queue.send([toOutgoing(message)]) : [null];
    if (isWanted && refused === null) {
      await messages.remove([message.receipt]);
      back.push(message.messageId);
    } else {
      staying.push(message);
    }
  }
  await giveBack(messages, staying);
  return back;
}

function toDeadLetter(message: IncomingMessage): DeadLetter {
  return {
    id: message.messageId,
    sentAt: message.sentAt,
    reason: message.attributes[REASON_ATTRIBUTE] ?? TOO_OFTEN,
    body: message.body,
    readable: decodeHint(message.body) !== null,
  };
}

function toOutgoing(message: IncomingMessage) {
  return { body: message.body, groupId: message.messageId, dedupId: randomUUID(), attributes: {} };
}

async function receiveAll(messages: SqsMessages, max: number): Promise<IncomingMessage[]> {
  const found = new Map<string, IncomingMessage>();
  while (found.size < max) {
    const request = { max: Math.min(MOST_AT_ONCE, max - found.size), waitSeconds: 1, hiddenSeconds: HIDDEN_SECONDS };
    const received = await messages.receive(request);
    received.forEach((message) => found.set(message.messageId, message));
    if (received.length === 0) {
      break;
    }
  }
  return [...found.values()];
}

async function giveBack(messages: SqsMessages, received: readonly IncomingMessage[]): Promise<void> {
  for (let at = 0; at < received.length; at += MOST_AT_ONCE) {
    const receipts = received.slice(at, at + MOST_AT_ONCE).map(({ receipt }) => receipt);
    await messages.hide(receipts, 0);
  }
}
