import type { Log } from '../../task/ports/log.ts';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../../store/database.ts';
import { createAlarm, type Alarm } from '../alarm.ts';
import { ANY_ID, createMailbox, type HeldMessage } from '../mailbox.ts';
import type { Queue, Receipt } from '../queue.ts';
import type { WakeUp } from '../../store/wake-up.ts';
import { gather } from './gather.ts';
import { holdMessages } from './extend-messages.ts';
import { listenForNudges, type Nudges } from './listen-for-notifications.ts';
import { decodeHint, encodeHint, type Hint } from './message.ts';
import { parkMessage } from './park-message.ts';
import { createPump } from './pump.ts';
import type { IncomingMessage, SqsMessages } from './sqs-messages.ts';
import { explainSqsProblem } from './sqs-problem.ts';

export interface SqsQueueOptions {
  readonly messages: SqsMessages;
  /** Where unreadable messages are parked; null where the queue has no dead-letter queue. */
  readonly deadLetters: SqsMessages | null;
  /** For NOTIFY, which reaches the owner of a running task and the reporters; not needed. */
  readonly database: Pick<Database, 'query' | 'listen'>;
  readonly clock: { now(): Date };
  readonly nextWakeAt: () => Promise<Date | null>;
  readonly sweepMs?: number;
  readonly log: Pick<Log, 'warn' | 'error'>;
}

export interface SqsQueue extends Queue {
  /** A row wants looking at: sends the hint without anyone waiting for it; where that fails, this process looks itself. */
  announce(wakeUp: WakeUp): void;
}

const SWEEP_MS = 45_000;
const WAIT_SECONDS = 20;
const MOST_AT_ONCE = 10;
/** Hints for everything follow each other no closer than this; the first goes out at once. */
const ANNOUNCE_PAUSE_MS = 25;
/** With half the processes of another role, one hint in 256 goes to waste, and the sweep makes up for it. */
const MOST_HOPS = 8;
const HOP_PAUSE_MS = 10;
/** Messages of one's own wait meanwhile. */
const LONGEST_HOP_PAUSE_MS = 100;

/**
 * Wake-ups over Amazon SQS, point to point: one process gets each. The rows are the queue; losing or repeating every
 * message loses and repeats nothing, because a timer waits for the earliest `wake_at` and a slow sweep looks at
 * everything. A message stays hidden while its work runs and is removed after it; one that this process has no use for
 * is handed on.
 */
export function createSqsQueue(options: SqsQueueOptions): SqsQueue {
  const { messages, log } = options;
  const mailbox = createMailbox();
  const held = holdMessages(messages, log);
  const served = new Set<WakeUp['kind']>();
  const sendOne = gather((hints: readonly Hint[]) =>
    messages.send(hints.map((hint) => encodeHint(hint, randomUUID()))),
  );
  const pump = createPump({
    poll,
    onTrouble: (error, failures) => {
      if (failures === 1 || failures % 10 === 0) {
        const { found, remedy } = explainSqsProblem(error, messages.place);
        log.error(`${found} ${remedy}`, { err: error, failures });
      }
    },
  });
  const resting = new Map<string, boolean>();
  let opened: Promise<{ alarm: Alarm; nudges: Nudges }> | null = null;
  const closing = new AbortController();

  async function open(): Promise<{ alarm: Alarm; nudges: Nudges }> {
    const alarm = createAlarm({
      clock: options.clock,
      nextWakeAt: options.nextWakeAt,
      sweepMs: options.sweepMs ?? SWEEP_MS,
      ring: () => mailbox.putAny(),
      onTrouble: (error) => log.warn('The next wake-up time could not be read; the sweep covers it.', { err: error }),
    });
    // Whatever came while nobody listened.
    mailbox.putAny();
    const nudges = await listenForNudges(options.database, { mailbox, onNotice: () => alarm.rearm(), log });
    return { alarm, nudges };
  }

  async function poll(signal: AbortSignal): Promise<void> {
    const request = { max: MOST_AT_ONCE, waitSeconds: WAIT_SECONDS, hiddenSeconds: held.hiddenSeconds, signal };
    const hops = await Promise.all((await messages.receive(request)).map(take));
    const most = Math.max(...hops);
    if (most > 0) {
      // Whoever has a use for it gets it meanwhile; longer each time, for the case that they are busy.
      await wait(Math.min(HOP_PAUSE_MS * 2 ** most, LONGEST_HOP_PAUSE_MS), undefined, { signal });
    }
  }

  /** Resolves with how often the message has been handed on, when this process had to do so; else 0. */
  async function take(message: IncomingMessage): Promise<number> {
    const hint = decodeHint(message.body);
    const holding = held.hold(message.receipt);
    if (hint === null) {
      if (await parkMessage(message, { deadLetters: options.deadLetters, log })) {
        await holding.acknowledge();
      } else {
        holding.forget();
      }
      return 0;
    }
    if (served.has(hint.wakeUp.kind)) {
      mailbox.put(hint.wakeUp, holding);
      return 0;
    }
    return handOn(hint, holding);
  }

  /**
   * Sent again instead of given back, so that it does not count as received once more and end among the dead letters.
   */
  async function handOn({ wakeUp, hops }: Hint, holding: HeldMessage): Promise<number> {
    try {
      if (hops < MOST_HOPS) {
        await sendOne({ wakeUp, hops: hops + 1 });
      }
      await holding.acknowledge();
    } catch (error) {
      log.warn('A wake-up could not be forwarded; SQS delivers it again.', { err: error });
    }
    return hops + 1;
  }

  async function receive(request: Parameters<Queue['receive']>[0]): Promise<Receipt[]> {
    if (closing.signal.aborted) {
      return mailbox.receive(request);
    }
    request.kinds.forEach((kind) => served.add(kind));
    const leave = pump.want();
    try {
      opened ??= open();
      void opened.then(({ alarm }) => alarm.rearm());
      return await mailbox.receive(request);
    } finally {
      leave();
    }
  }

  async function send(wakeUp: WakeUp): Promise<void> {
    if (wakeUp.kind === 'nudge') {
      mailbox.put(wakeUp);
    } else {
      await sendOne({ wakeUp, hops: 0 });
    }
  }

  function announce(wakeUp: WakeUp): void {
    if (wakeUp.kind === 'task') {
      mailbox.put({ kind: 'nudge', id: wakeUp.id });
    }
    if (wakeUp.kind === 'report' && served.has('report')) {
      mailbox.put(wakeUp);
    } else if (wakeUp.kind === 'task' && wakeUp.id !== ANY_ID) {
      sendOrLook(wakeUp);
    } else {
      announceSeldom({ kind: wakeUp.kind, id: ANY_ID });
    }
  }

  function announceSeldom(wakeUp: WakeUp): void {
    if (resting.has(wakeUp.kind)) {
      resting.set(wakeUp.kind, true);
      return;
    }
    resting.set(wakeUp.kind, false);
    sendOrLook(wakeUp);
    setTimeout(() => {
      const again = resting.get(wakeUp.kind);
      resting.delete(wakeUp.kind);
      if (again === true && !closing.signal.aborted) {
        announceSeldom(wakeUp);
      }
    }, ANNOUNCE_PAUSE_MS).unref();
  }

  function sendOrLook(wakeUp: WakeUp): void {
    send(wakeUp).catch((error: unknown) => {
      log.warn('A wake-up could not be sent; this process checks for work itself.', { err: error, kind: wakeUp.kind });
      mailbox.put(wakeUp);
    });
  }

  async function close(): Promise<void> {
    closing.abort();
    mailbox.close();
    await pump.stop();
    const { alarm, nudges } = (await opened?.catch(() => null)) ?? {};
    alarm?.stop();
    await nudges?.stop();
    await held.release();
    messages.close();
  }

  return { send, announce, receive, close };
}
