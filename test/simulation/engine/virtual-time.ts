import { AsyncLocalStorage } from 'node:async_hooks';

/** Whoever runs code in the simulation: a process of ours, or a worker. Its timers stop with it. */
export interface Owner {
  readonly name: string;
  /** Nothing of it runs any more, and none of its calls returns. */
  dead: boolean;
  /** Nothing of it runs before this instant (ms); 0 when it is not stopped. */
  pausedUntil: number;
}

export interface VirtualTimer {
  readonly ref: () => VirtualTimer;
  readonly unref: () => VirtualTimer;
  readonly hasRef: () => boolean;
  readonly [Symbol.dispose]: () => void;
}

interface Entry extends VirtualTimer {
  at: number;
  seq: number;
  run: (() => void) | null;
  readonly owner: Owner | null;
  readonly everyMs: number | null;
}

export interface VirtualTime {
  /** Milliseconds since 1970, in simulated time. */
  now(): number;
  /** Runs at that instant, in the name of the owner; of whoever is running when absent. */
  at(ms: number, run: () => void, owner?: Owner | null): VirtualTimer;
  every(ms: number, run: () => void): VirtualTimer;
  cancel(timer: unknown): void;
  sleep(ms: number): Promise<void>;
  /** Goes to the next instant at which something happens, no further than `until`, and lets it happen. */
  step(until: number): Promise<'ran' | 'idle'>;
  current(): Owner | null;
  as<T>(owner: Owner | null, run: () => T): T;
}

const realImmediate = setImmediate;

/**
 * Time that passes only when everything that could happen at an instant has happened. One heap of timers; after each
 * one every promise that can continue continues, in the order in which they were made, so that a run is the same each
 * time.
 */
export function createVirtualTime(startAt: Date): VirtualTime {
  const running = new AsyncLocalStorage<Owner | null>();
  const heap: Entry[] = [];
  let nowMs = startAt.getTime();
  let seq = 0;

  function add(entry: { at: number; run: () => void; owner: Owner | null; everyMs: number | null }): Entry {
    seq += 1;
    const timer: Entry = {
      ...entry,
      seq,
      ref: () => timer,
      unref: () => timer,
      hasRef: () => true,
      [Symbol.dispose]: () => cancel(timer),
    };
    push(heap, timer);
    return timer;
  }

  function cancel(timer: unknown): void {
    if (typeof timer === 'object' && timer !== null && 'run' in timer) {
      timer.run = null;
    }
  }

  function fire(entry: Entry): boolean {
    const { owner, run } = entry;
    if (run === null || owner?.dead === true) {
      return false;
    }
    if (owner !== null && owner.pausedUntil > nowMs) {
      push(heap, reschedule(entry, owner.pausedUntil));
      return false;
    }
    if (entry.everyMs !== null) {
      push(heap, reschedule(entry, nowMs + entry.everyMs));
    } else {
      entry.run = null;
    }
    running.run(owner, run);
    return true;
  }

  function reschedule(entry: Entry, at: number): Entry {
    seq += 1;
    entry.at = at;
    entry.seq = seq;
    return entry;
  }

  const time: VirtualTime = {
    now: () => nowMs,
    at: (ms, run, owner = running.getStore() ?? null) => add({ at: Math.max(ms, nowMs), run, owner, everyMs: null }),
    every: (ms, run) => add({ at: nowMs + ms, run, owner: running.getStore() ?? null, everyMs: Math.max(1, ms) }),
    cancel,
    sleep: (ms) => new Promise((resolve) => void time.at(nowMs + ms, resolve)),
    async step(until) {
      const next = heap[0];
      if (next === undefined || next.at > until) {
        nowMs = until;
        return 'idle';
      }
      nowMs = Math.max(nowMs, next.at);
      pop(heap);
      if (!fire(next)) {
        return 'ran';
      }
      await new Promise((resolve) => void realImmediate(resolve));
      return 'ran';
    },
    current: () => running.getStore() ?? null,
    as: (owner, run) => running.run(owner, run),
  };
  return time;
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq);
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above] as Entry;
    if (!isBefore(entry, parent)) {
      break;
    }
    heap[index] = parent;
    index = above;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) {
    return;
  }
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const right = left + 1;
    const smaller = right < heap.length && isBefore(heap[right] as Entry, heap[left] as Entry) ? right : left;
    if (smaller >= heap.length || !isBefore(heap[smaller] as Entry, last)) {
      break;
    }
    heap[index] = heap[smaller] as Entry;
    index = smaller;
  }
  heap[index] = last;
}
