import type { Receipt } from './queue.ts';
import type { WakeUp } from '../store/wake-up.ts';

type Kind = WakeUp['kind'];

/** Wake-up id that names no row: look at everything of the kind. */
export const ANY_ID = '*';
export const WAKE_UP_KINDS: readonly Kind[] = ['inbox', 'task', 'report', 'nudge'];

/** Beyond this many of one kind, one `*` says the same. */
const MOST_OF_A_KIND = 10_000;

/** What stands behind a wake-up where others are kept from it meanwhile. */
export type HeldMessage = Pick<Receipt, 'extend' | 'acknowledge'>;

interface Waiting {
  readonly kinds: readonly Kind[];
  readonly resume: () => void;
}

export interface Mailbox {
  /** Keeps the wake-up until someone receives it; the same one twice is one, which holds the messages of both. */
  put(wakeUp: WakeUp, message?: HeldMessage): void;
  putAny(): void;
  receive(options: { kinds: readonly Kind[]; max: number; signal: AbortSignal }): Promise<Receipt[]>;
  /** Lets everyone who waits go, with nothing. Afterwards receiving is an error, so that no loop spins. */
  close(): void;
}

/** Wake-ups inside one process: what has arrived, and who waits for what. Each goes to one receiver, oldest first. */
export function createMailbox(): Mailbox {
  const arrived = new Map<Kind, Map<string, HeldMessage[]>>(WAKE_UP_KINDS.map((kind) => [kind, new Map()]));
  const waiting = new Set<Waiting>();
  let closed = false;

  function idsOf(kind: Kind): Map<string, HeldMessage[]> {
    return arrived.get(kind) ?? new Map();
  }

  function put({ kind, id }: WakeUp, message?: HeldMessage): void {
    const ids = idsOf(kind);
    const added = message === undefined ? [] : [message];
    if (ids.size >= MOST_OF_A_KIND) {
      const held = [...ids.values()].flat();
      ids.clear();
      ids.set(ANY_ID, [...held, ...added]);
    } else {
      ids.set(id, [...(ids.get(id) ?? []), ...added]);
    }
    wakeOne(kind);
  }

  function wakeOne(kind: Kind): void {
    const first = [...waiting].find((receiver) => receiver.kinds.includes(kind));
    first?.resume();
  }

  /** A receiver that was woken and leaves with nothing wakes another in its place. */
  function passOn(kinds: readonly Kind[]): void {
    for (const kind of kinds) {
      if (idsOf(kind).size > 0) {
        wakeOne(kind);
      }
    }
  }

  function takeUpTo(max: number, kinds: readonly Kind[]): Receipt[] {
    const taken: Receipt[] = [];
    for (const kind of kinds) {
      const ids = idsOf(kind);
      for (const [id, messages] of ids) {
        if (taken.length >= max) {
          return taken;
        }
        ids.delete(id);
        taken.push(toReceipt({ kind, id }, messages));
      }
    }
    return taken;
  }

  async function receive(options: { kinds: readonly Kind[]; max: number; signal: AbortSignal }): Promise<Receipt[]> {
    const { kinds, max, signal } = options;
    for (;;) {
      if (closed) {
        throw new Error('The queue is closed; stop receiving before it is closed.');
      }
      if (signal.aborted) {
        passOn(kinds);
        return [];
      }
      const taken = takeUpTo(max, kinds);
      if (taken.length > 0) {
        return taken;
      }
      await waitForArrival(kinds, signal);
      if (closed) {
        return [];
      }
    }
  }

  function waitForArrival(kinds: readonly Kind[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const receiver: Waiting = { kinds, resume };
      function resume(): void {
        waiting.delete(receiver);
        signal.removeEventListener('abort', resume);
        resolve();
      }
      waiting.add(receiver);
      signal.addEventListener('abort', resume);
    });
  }

  return {
    put,
    putAny: () => {
      for (const kind of WAKE_UP_KINDS) {
        put({ kind, id: ANY_ID });
      }
    },
    receive,
    close: () => {
      closed = true;
      for (const receiver of waiting) {
        receiver.resume();
      }
    },
  };
}

/** With no message behind it there is nothing to extend or to give back: the rows are what counts. */
function toReceipt(wakeUp: WakeUp, messages: readonly HeldMessage[]): Receipt {
  return {
    wakeUp,
    extend: async () => {
      await Promise.all(messages.map((message) => message.extend()));
    },
    acknowledge: async () => {
      await Promise.all(messages.map((message) => message.acknowledge()));
    },
  };
}
