import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../../database.ts';
import { notify } from './tell.ts';

/** How close together routers are woken while deliveries keep coming; the first is announced at once. */
const PAUSE_MS = 25;

/**
 * Wakes routers after a delivery was committed; calls during the pause become one. Not in the transaction of the
 * delivery: PostgreSQL commits transactions that NOTIFY one at a time, each with a disk write of its own, which held the
 * inbox to a sixth of its rate.
 */
export function createRouterWaker(database: Pick<Database, 'query'>): () => void {
  let busy = false;
  let again = false;

  async function wake(): Promise<void> {
    busy = true;
    do {
      again = false;
      await database.query({ name: 'inbox-wake', text: `select ${notify('inbox', `'*'`)}` }).catch(ignore);
      await wait(PAUSE_MS, undefined, { ref: false });
    } while (again);
    busy = false;
  }

  return () => {
    again = busy;
    if (!busy) {
      void wake();
    }
  };
}

/** A hint may be lost: the rows are the work, and routers look for them at their start and with every sweep. */
function ignore(): void {}
