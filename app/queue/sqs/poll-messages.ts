import { setTimeout as wait } from 'node:timers/promises';
import type { WakeUp } from '../../store/wake-up.ts';
import type { Log } from '../../task/ports/log.ts';
import type { HeldMessage, Mailbox } from '../mailbox.ts';
import type { HeldMessages } from './extend-messages.ts';
import { decodeHint, type Hint } from './message.ts';
import { parkMessage } from './park-message.ts';
import type { IncomingMessage, SqsMessages } from './sqs-messages.ts';

const WAIT_SECONDS = 20;
const MAX_MESSAGES = 10;
/** With half the processes of another role, one message in 256 is dropped, and the sweep makes up for it. */
const MAX_HOPS = 8;
const HOP_PAUSE_MS = 10;
/** Messages for this process wait meanwhile. */
const MAX_HOP_PAUSE_MS = 100;

export interface PollOptions {
  readonly messages: SqsMessages;
  readonly deadLetters: SqsMessages | null;
  readonly held: HeldMessages;
  readonly mailbox: Mailbox;
  /** Whether a receiver of this process takes wake-ups of this kind. */
  readonly serves: (kind: WakeUp['kind']) => boolean;
  readonly send: (hint: Hint) => Promise<void>;
  readonly log: Pick<Log, 'warn' | 'error'>;
}

/** One round of receiving: puts messages into the mailbox, forwards those for other processes and parks unreadable ones. */
export async function pollMessages(options: PollOptions, signal: AbortSignal): Promise<void> {
  const { held, messages } = options;
  const request = { max: MAX_MESSAGES, waitSeconds: WAIT_SECONDS, hiddenSeconds: held.hiddenSeconds, signal };
  const hops = await Promise.all((await messages.receive(request)).map((message) => take(message, options)));
  const most = Math.max(...hops);
  if (most > 0) {
    // Leaves what was forwarded to other processes, longer each time in case they are busy.
    await wait(Math.min(HOP_PAUSE_MS * 2 ** most, MAX_HOP_PAUSE_MS), undefined, { signal });
  }
}

/** Resolves with how often the message has been forwarded, when this process had to do so; else 0. */
async function take(message: IncomingMessage, options: PollOptions): Promise<number> {
  const hint = decodeHint(message.body);
  const holding = options.held.hold(message.receipt);
  if (hint === null) {
    if (await parkMessage(message, options)) {
      await holding.acknowledge();
    } else {
      holding.forget();
    }
    return 0;
  }
  if (options.serves(hint.wakeUp.kind)) {
    options.mailbox.put(hint.wakeUp, holding);
    return 0;
  }
  return forward(hint, holding, options);
}

/** Sent again instead of given back, so that it does not count as received once more and end among the dead letters. */
async function forward({ wakeUp, hops }: Hint, holding: HeldMessage, { send, log }: PollOptions): Promise<number> {
  try {
    if (hops < MAX_HOPS) {
      await send({ wakeUp, hops: hops + 1 });
    }
    await holding.acknowledge();
  } catch (error) {
    log.warn('A wake-up could not be forwarded; SQS delivers it again.', { err: error });
  }
  return hops + 1;
}
