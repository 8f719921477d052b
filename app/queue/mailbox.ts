import type { Receipt, WakeUp } from './queue.ts';

type Kind = WakeUp['kind'];

/** Wake-up id that names no row: look at everything of the kind. */
export const ANY_ID = '*';
export const WAKE_UP_KINDS: readonly Kind[] = ['inbox', 'task', 'report'];

/** Beyond this many of one kind, one `*` says the same. */
const MOST_OF_A_KIND = 10_000;

interface Waiting {
  readonly kinds: readonly Kind[];
  readonly resume: () => void;
}

export interface Mailbox {
  /** Keeps the wake-up until someone receives it; the same one twice is one. */
  put(wakeUp: WakeUp): void;
  putAny(): void;
  receive(options: { kinds: readonly Kind[]; max: number; signal: AbortSignal }): Promise<Receipt[]>;
  /** Lets everyone who waits go, with nothing. Afterwards receiving is an error, so that no loop spins. */
  close(): void;
}

/** Wake-ups inside one process: what has arrived, and who waits for what. Each goes to one receiver, oldest first. */
export function createMailbox(): Mailbox {
  const arrived = new Map<Kind, Set<string>>(WAKE_UP_KINDS.map((kind) => [kind, new Set()]));
  const waiting = new Set<Waiting>();
  let closed = false;

  function idsOf(kind: Kind): Set<string> {
    return arrived.get(kind) ?? new Set();
  }

  function put({ kind, id }: WakeUp): void {
    const ids = idsOf(kind);
    if (ids.size >= MOST_OF_A_KIND) {
      ids.clear();
      ids.add(ANY_ID);
    } else {
      ids.add(id);
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
      for (const id of ids) {
        if (taken.length >= max) {
          return taken;
        }
        ids.delete(id);
        taken.push(toReceipt({ kind, id }));
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

function toReceipt(wakeUp: WakeUp): Receipt {
  // Nothing is hidden from others here, so there is nothing to extend or to give back: the rows are what counts.
  return { wakeUp, extend: () => Promise.resolve(), acknowledge: () => Promise.resolve() };
}
