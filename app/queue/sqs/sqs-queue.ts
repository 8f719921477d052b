import type { Log } from '../../task/ports/log.ts';
import { randomUUID } from 'node:crypto';
import type { Database } from '../../store/database.ts';
import { createAlarm, type Alarm } from '../alarm.ts';
import { createMailbox } from '../mailbox.ts';
import type { Queue } from '../queue.ts';
import type { WakeUp } from '../../store/wake-up.ts';
import { createAnnouncer } from './announce-wake-ups.ts';
import { gather } from './gather.ts';
import { holdMessages } from './extend-messages.ts';
import { listenForNudges, type Nudges } from './listen-for-notifications.ts';
import { encodeHint, type Hint } from './message.ts';
import { pollMessages } from './poll-messages.ts';
import { createPump } from './pump.ts';
import type { SqsMessages } from './sqs-messages.ts';
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
  /** A row has changed: sends the wake-up without anyone waiting for it. */
  announce(wakeUp: WakeUp): void;
}

const SWEEP_MS = 45_000;

/**
 * Wake-ups over Amazon SQS, point to point: one process gets each. The rows are the queue; losing or repeating every
 * message loses and repeats nothing, because a timer waits for the earliest `wake_at` and a slow sweep looks at
 * everything. A message stays hidden while its work runs and is removed after it; one that this process has no use for
 * is forwarded.
 */
export function createSqsQueue(options: SqsQueueOptions): SqsQueue {
  const { messages, deadLetters, log } = options;
  const mailbox = createMailbox();
  const held = holdMessages(messages, log);
  const served = new Set<WakeUp['kind']>();
  const serves = (kind: WakeUp['kind']): boolean => served.has(kind);
  const sendHint = gather((hints: readonly Hint[]) =>
    messages.send(hints.map((hint) => encodeHint(hint, randomUUID()))),
  );
  const closing = new AbortController();
  const pump = createPump({
    poll: (signal) => pollMessages({ messages, deadLetters, held, mailbox, serves, send: sendHint, log }, signal),
    onTrouble: (error, failures) => {
      if (failures === 1 || failures % 10 === 0) {
        const { found, remedy } = explainSqsProblem(error, messages.place);
        log.error(`${found} ${remedy}`, { err: error, failures });
      }
    },
  });
  let opened: Promise<{ alarm: Alarm; nudges: Nudges }> | null = null;

  async function open(): Promise<{ alarm: Alarm; nudges: Nudges }> {
    const alarm = createAlarm({
      clock: options.clock,
      nextWakeAt: options.nextWakeAt,
      sweepMs: options.sweepMs ?? SWEEP_MS,
      ring: () => mailbox.putAny(),
      onTrouble: (error) => log.warn('The next wake-up time could not be read; the sweep covers it.', { err: error }),
    });
    // For what came while nothing listened.
    mailbox.putAny();
    const nudges = await listenForNudges(options.database, { mailbox, onNotice: () => alarm.rearm(), log });
    return { alarm, nudges };
  }

  async function send(wakeUp: WakeUp): Promise<void> {
    if (wakeUp.kind === 'nudge') {
      mailbox.put(wakeUp);
    } else {
      await sendHint({ wakeUp, hops: 0 });
    }
  }

  return {
    send,
    announce: createAnnouncer({ send, mailbox, serves, closing: closing.signal, log }),

    async receive(request) {
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
    },

    async close() {
      closing.abort();
      mailbox.close();
      await pump.stop();
      const { alarm, nudges } = (await opened?.catch(() => null)) ?? {};
      alarm?.stop();
      await nudges?.stop();
      await held.release();
      messages.close();
    },
  };
}
