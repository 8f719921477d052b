import type { Log } from '../../task/ports/log.ts';
import type { HeldMessage } from '../mailbox.ts';
import { EntryFailed, gather } from './gather.ts';
import type { SqsMessages } from './sqs-messages.ts';

/** How long a message stays hidden after it was received or extended; `with-extension.ts` extends three times as often. */
const HIDDEN_SECONDS = 60;
const MOST_ENTRIES = 10;

export interface MessageHold extends HeldMessage {
  /** Left alone: it comes again on its own when it is no longer hidden. */
  forget(): void;
}

/** The messages this process has received and not removed yet. */
export interface HeldMessages {
  readonly hiddenSeconds: number;
  hold(receipt: string): MessageHold;
  /** Gives back what is still held, so that another process need not wait until it shows up again. */
  release(): Promise<void>;
}

/** Removes and extends in batches. What cannot be removed comes again, which does no harm. */
export function holdMessages(messages: Pick<SqsMessages, 'hide' | 'remove'>, log: Pick<Log, 'warn'>): HeldMessages {
  const outstanding = new Set<string>();
  const extendOne = gather((receipts: readonly string[]) => messages.hide(receipts, HIDDEN_SECONDS));
  const removeOne = gather((receipts: readonly string[]) => messages.remove(receipts));

  function hold(receipt: string): MessageHold {
    outstanding.add(receipt);
    return {
      async extend() {
        if (outstanding.has(receipt)) {
          await extendOne(receipt).catch((error: unknown) => report(error, 'A wake-up could not be kept hidden'));
        }
      },
      async acknowledge() {
        if (outstanding.delete(receipt)) {
          await removeOne(receipt).catch((error: unknown) => report(error, 'A wake-up could not be removed'));
        }
      },
      forget() {
        outstanding.delete(receipt);
      },
    };
  }

  function report(error: unknown, what: string): void {
    // A receipt that has run out says that the message went to somebody else meanwhile.
    if (!(error instanceof EntryFailed)) {
      log.warn(`${what}; SQS delivers it again, which is harmless.`, { err: error });
    }
  }

  async function release(): Promise<void> {
    const receipts = [...outstanding];
    outstanding.clear();
    for (let at = 0; at < receipts.length; at += MOST_ENTRIES) {
      await messages
        .hide(receipts.slice(at, at + MOST_ENTRIES), 0)
        .catch((error: unknown) => report(error, 'Wake-ups could not be released'));
    }
  }

  return { hiddenSeconds: HIDDEN_SECONDS, hold, release };
}
