import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../database.ts';
import type { Wake } from '../wake-up.ts';

/** The channel that `app/queue/table-queue.ts` listens on. */
const WAKE_CHANNEL = 'bosun_wake';
/** How close together notices follow each other while there are many; the first is sent at once. */
const PAUSE_MS = 20;

/** Tells every process by NOTIFY. What is asked for while one notice is under way goes together in the next, each once. */
export function createNotifier(database: Pick<Database, 'query'>): Wake {
  const gathered = new Set<string>();
  let busy = false;

  async function tellAll(): Promise<void> {
    busy = true;
    while (gathered.size > 0) {
      const payloads = [...gathered];
      gathered.clear();
      await database.query({ name: 'wake', text: NOTIFY, values: [WAKE_CHANNEL, payloads] }).catch(ignore);
      await wait(PAUSE_MS, undefined, { ref: false });
    }
    busy = false;
  }

  return ({ kind, id }) => {
    gathered.add(JSON.stringify({ kind, id }));
    if (!busy) {
      void tellAll();
    }
  };
}

/** For a process that ends after a few changes: each notice goes out at once, and can be waited for. */
export function createCountedNotifier(database: Pick<Database, 'query'>): { wake: Wake; settled(): Promise<void> } {
  const sent: Promise<unknown>[] = [];
  return {
    wake: ({ kind, id }) => {
      const payloads = [JSON.stringify({ kind, id })];
      sent.push(database.query({ name: 'wake', text: NOTIFY, values: [WAKE_CHANNEL, payloads] }).catch(ignore));
    },
    async settled() {
      await Promise.all(sent);
    },
  };
}

// A hint need not outlive a power cut, so its commit does not wait for the disk.
const NOTIFY = `
with relaxed as (select set_config('synchronous_commit', 'off', true))
select pg_notify($1, payload) from relaxed cross join unnest($2::text[]) as payload`;

/** The rows are the work: a process that missed a notice finds them in the next sweep. */
function ignore(): void {}
