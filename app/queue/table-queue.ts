import type { Log } from '../task/ports/log.ts';
import { takeStart } from '../../protocol/index.ts';
import type { Database } from '../store/database.ts';
import { createAlarm, type Alarm } from './alarm.ts';
import { ANY_ID, createMailbox } from './mailbox.ts';
import { parseNotice, WAKE_CHANNEL } from './notice.ts';
import type { Queue, Receipt } from './queue.ts';
import type { WakeUp } from '../store/wake-up.ts';

export interface TableQueueOptions {
  readonly database: Pick<Database, 'query' | 'listen'>;
  readonly clock: { now(): Date };
  /** The earliest `wake_at` of any row; when it comes, every kind gets a wake-up with the id `*`. */
  readonly nextWakeAt: () => Promise<Date | null>;
  readonly sweepMs?: number;
  readonly log?: Pick<Log, 'warn'>;
}

const SWEEP_MS = 45_000;
/** PostgreSQL takes payloads below 8,000 bytes. */
const LONGEST_ID_BYTES = 7_000;

/**
 * The queue on the database. The rows are the queue; this only says when to look: NOTIFY carries the hint to every
 * process, one timer waits for the earliest `wake_at`, and a slow sweep makes up for whatever was lost. While nothing
 * happens, nothing is asked.
 */
export function createTableQueue(options: TableQueueOptions): Queue {
  const { database, log } = options;
  const mailbox = createMailbox();
  let listening: Promise<{ stop(): Promise<void> }> | null = null;
  let alarm: Alarm | null = null;
  let closed = false;

  async function listen(): Promise<{ stop(): Promise<void> }> {
    const subscription = await database.listen(WAKE_CHANNEL, onNotice);
    alarm = createAlarm({
      clock: options.clock,
      nextWakeAt: options.nextWakeAt,
      sweepMs: options.sweepMs ?? SWEEP_MS,
      ring: () => mailbox.putAny(),
      onTrouble: (error) => log?.warn('The next wake-up time could not be read; the sweep covers it.', { err: error }),
    });
    // Whatever was sent before anyone listened.
    mailbox.putAny();
    return subscription;
  }

  function onNotice(payload: string | null): void {
    if (payload === null) {
      mailbox.putAny();
      alarm?.rearm();
      return;
    }
    const wakeUp = parseNotice(payload);
    if (wakeUp === null) {
      log?.warn('A wake-up could not be read; the sweep covers it.', { payload: takeStart(payload, 200) });
      return;
    }
    mailbox.put(wakeUp);
    alarm?.rearm();
  }

  async function receive(request: Parameters<Queue['receive']>[0]): Promise<Receipt[]> {
    if (closed) {
      return mailbox.receive(request);
    }
    listening ??= listen();
    try {
      await listening;
    } catch (error) {
      listening = null;
      throw error;
    }
    if (isClosed()) {
      return [];
    }
    // The caller has just done something, or is new: the earliest time may be another one now.
    alarm?.rearm();
    return mailbox.receive(request);
  }

  function isClosed(): boolean {
    return closed;
  }

  async function close(): Promise<void> {
    closed = true;
    mailbox.close();
    const subscription = await listening?.catch(() => null);
    alarm?.stop();
    await subscription?.stop();
  }

  return { send: createSender(database), receive, close };
}

/** Sends one by one; what is asked for while a statement is under way goes together in the next, each hint once. */
function createSender(database: Pick<Database, 'query'>): (wakeUp: WakeUp) => Promise<void> {
  let gathered: { payloads: Set<string>; sent: Promise<void> } | null = null;
  let previous: Promise<void> = Promise.resolve();

  async function sendAfter(earlier: Promise<void>, payloads: Set<string>): Promise<void> {
    await earlier.catch(() => undefined);
    gathered = null;
    await database.query({
      name: 'queue-notify',
      text: 'select pg_notify($1, payload) from unnest($2::text[]) as payload',
      values: [WAKE_CHANNEL, [...payloads]],
    });
  }

  return ({ kind, id }) => {
    const payload = JSON.stringify({ kind, id: Buffer.byteLength(id) > LONGEST_ID_BYTES ? ANY_ID : id });
    if (gathered === null) {
      const payloads = new Set<string>();
      previous = sendAfter(previous, payloads);
      gathered = { payloads, sent: previous };
    }
    gathered.payloads.add(payload);
    return gathered.sent;
  };
}
