import { setTimeout as wait } from 'node:timers/promises';
import type { EntryOutcome } from './sqs-messages.ts';

/** SQS takes no more entries in one batch. */
const MOST_ENTRIES = 10;
const MAX_TRIES = 3;
const RETRY_PAUSE_MS = 100;

/** An entry of a batch that was not done while others were. */
export class EntryFailed extends Error {
  readonly code: string;
  constructor(outcome: NonNullable<EntryOutcome>) {
    super(`${outcome.code}: ${outcome.message}`);
    this.name = 'EntryFailed';
    this.code = outcome.code;
  }
}

interface Waiting<Item> {
  readonly item: Item;
  readonly tries: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends what comes in the same turn as batches of ten. Each call resolves when its own entry is done: entries that fail
 * for a passing reason are tried again without the others, those that are wrong reject alone.
 */
export function gather<Item>(
  flush: (items: readonly Item[]) => Promise<EntryOutcome[]>,
): (item: Item) => Promise<void> {
  let gathered: Waiting<Item>[] = [];

  function add(entry: Waiting<Item>): void {
    gathered.push(entry);
    if (gathered.length === 1) {
      setImmediate(sendAll);
    }
  }

  function sendAll(): void {
    const entries = gathered;
    gathered = [];
    for (let at = 0; at < entries.length; at += MOST_ENTRIES) {
      void sendBatch(entries.slice(at, at + MOST_ENTRIES));
    }
  }

  async function sendBatch(batch: readonly Waiting<Item>[]): Promise<void> {
    try {
      const outcomes = await flush(batch.map(({ item }) => item));
      batch.forEach((entry, index) => settle(entry, outcomes[index] ?? null));
    } catch (error) {
      batch.forEach((entry) => entry.reject(error));
    }
  }

  function settle(entry: Waiting<Item>, outcome: EntryOutcome): void {
    if (outcome === null) {
      entry.resolve();
    } else if (outcome.mayRetry && entry.tries < MAX_TRIES) {
      void wait(RETRY_PAUSE_MS * entry.tries).then(() => add({ ...entry, tries: entry.tries + 1 }));
    } else {
      entry.reject(new EntryFailed(outcome));
    }
  }

  return (item) => new Promise((resolve, reject) => add({ item, tries: 1, resolve, reject }));
}
