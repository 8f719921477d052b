import { setTimeout as pause } from 'node:timers/promises';
import { DOOR_PATHS, DoorOrders, splitText, takeStart } from '../../protocol/index.ts';
import type { WorkerEvent } from '../../protocol/index.ts';
import type { DoorAnswer } from './post-json.ts';

/** The last event of a session: how it ended. */
export type FinalEvent = Extract<WorkerEvent, { type: 'finished' | 'prepared' | 'checked' }>;

export type Order = DoorOrders['order'] | 'gone';

/** The worker's line to the door: what it tells, and what it is told. */
export interface Events {
  readonly tell: (event: WorkerEvent) => void;
  /** Log lines, cut to what one event may hold. */
  readonly log: (stream: 'worker' | 'agent' | 'setup' | 'verify', text: string) => void;
  /** Delivers everything and then how the session ended. `lost` when the door did not take it in time. */
  readonly finish: (event: FinalEvent, withinMs: number) => Promise<'delivered' | 'gone' | 'lost'>;
  readonly close: () => void;
}

export interface EventsOptions {
  readonly post: (path: string, body: unknown) => Promise<DoorAnswer>;
  readonly heartbeatMs: number;
  /** Takes secrets out of what is told. */
  readonly redact: (text: string) => string;
  /** Called with each order that differs from the last. `gone`: the attempt is over, whatever is done now counts no more. */
  readonly onCommand: (order: Order) => void;
}

const MAX_WAITING = 2_000;
const CAN_BE_LOST: readonly WorkerEvent['type'][] = ['heartbeat', 'progress', 'log'];
const MAX_BATCH = 50;
const MAX_LOG_CHARACTERS = 8_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** Log lines are gathered this long, so that a chatty command does not make a request of each line. */
const GATHER_MS = 50;

/**
 * Sends events in order, several at a time, and again and again while the door is unavailable; meanwhile they are kept,
 * the oldest log lines given up first. Answers carry orders. The door refusing an event for its shape drops that batch.
 */
export function createEvents(options: EventsOptions): Events {
  const waiting: WorkerEvent[] = [];
  /** How many of those waiting are on their way right now. */
  let inFlight = 0;
  let dropped = 0;
  let sending: Promise<void> | null = null;
  let last: Order = 'continue';
  let closed = false;
  const beat = setInterval(() => tell({ type: 'heartbeat' }), options.heartbeatMs);

  function tell(event: WorkerEvent): void {
    if (!isOpen()) {
      return;
    }
    if (event.type === 'heartbeat' && waiting.some(({ type }) => type === 'heartbeat')) {
      return;
    }
    if (!joinLast(event)) {
      waiting.push(event);
    }
    if (waiting.length > MAX_WAITING) {
      const oldest = waiting.findIndex(({ type }) => CAN_BE_LOST.includes(type));
      waiting.splice(Math.max(0, oldest), 1);
      dropped += 1;
    }
    sending ??= send().finally(() => {
      sending = null;
    });
  }

  /** Output comes in small pieces; pieces of one stream become one event as long as it is not on its way. */
  function joinLast(event: WorkerEvent): boolean {
    const before = waiting.at(-1);
    if (event.type !== 'log' || before?.type !== 'log' || waiting.length <= inFlight) {
      return false;
    }
    if (before.stream !== event.stream || before.text.length + event.text.length > MAX_LOG_CHARACTERS) {
      return false;
    }
    waiting[waiting.length - 1] = { ...before, text: before.text + event.text };
    return true;
  }

  function isOpen(): boolean {
    return !closed && last !== 'gone';
  }

  async function send(): Promise<void> {
    if (waiting.every(({ type }) => type === 'log')) {
      await pause(GATHER_MS);
    }
    let pauseMs = FIRST_PAUSE_MS;
    while (waiting.length > 0 && isOpen()) {
      sayDropped();
      const batch = waiting.slice(0, MAX_BATCH);
      inFlight = batch.length;
      const answer = await options.post(DOOR_PATHS.events, batch).catch(() => null);
      inFlight = 0;
      if (answer === null || answer.status === 429 || answer.status >= 500) {
        await pause(pauseMs);
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
        continue;
      }
      pauseMs = FIRST_PAUSE_MS;
      for (const event of batch) {
        const at = waiting.indexOf(event);
        if (at >= 0) {
          waiting.splice(at, 1);
        }
      }
      obey(answer);
    }
  }

  function obey(answer: DoorAnswer): void {
    const order = readDoorReply(answer);
    if (order !== null && order !== last) {
      last = order;
      options.onCommand(order);
    }
  }

  function sayDropped(): void {
    if (dropped > 0) {
      const text = `\n[${dropped} events were dropped while the door did not answer]\n`;
      waiting.unshift({ type: 'log', stream: 'worker', text });
      dropped = 0;
    }
  }

  async function finish(event: FinalEvent, withinMs: number): Promise<'delivered' | 'gone' | 'lost'> {
    clearInterval(beat);
    tell(event);
    const deadline = pause(withinMs, 'late' as const, { ref: false });
    while (waiting.includes(event) && isOpen()) {
      if ((await Promise.race([sending ?? pause(GATHER_MS), deadline])) === 'late') {
        return 'lost';
      }
    }
    return isOpen() ? 'delivered' : 'gone';
  }

  return {
    tell: (event) => tell(event.type === 'progress' ? redactNote(event, options.redact) : event),
    log: (stream, text) => {
      for (const part of splitText(options.redact(text), MAX_LOG_CHARACTERS)) {
        tell({ type: 'log', stream, text: part });
      }
    },
    finish,
    close: () => {
      closed = true;
      clearInterval(beat);
    },
  };
}

function readDoorReply({ status, json }: DoorAnswer): Order | null {
  if (status === 401 || status === 409) {
    return 'gone';
  }
  const parsed = DoorOrders.safeParse(json);
  return status < 300 && parsed.success ? parsed.data.order : null;
}

function redactNote(event: Extract<WorkerEvent, { type: 'progress' }>, redact: (text: string) => string): WorkerEvent {
  if (event.note === undefined) {
    return event;
  }
  const line = redact(event.note).replace(/\s+/g, ' ').trim();
  return { ...event, note: line.length > 500 ? `${takeStart(line, 499)}…` : line.toWellFormed() };
}
