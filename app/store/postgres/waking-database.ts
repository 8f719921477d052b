import type { Database, Queryable } from '../database.ts';
import type { Wake } from '../wake-up.ts';

/** A transaction that keeps its wake-ups until it has committed. */
export interface WakingQueryable extends Queryable {
  readonly wake: Wake;
}

export interface WakingDatabase extends Database {
  /** For single statements, after they are done. */
  readonly wake: Wake;
  transaction<T>(work: (tx: WakingQueryable) => Promise<T>): Promise<T>;
}

/**
 * Wake-ups leave after the commit and not in it: PostgreSQL commits transactions that NOTIFY one at a time, disk write
 * included, which holds the whole server to the rate of one. A process that dies in between takes the hint along; the
 * row carries its own time, and the sweep of the queue finds it.
 */
export function createWakingDatabase(database: Database, wake: Wake): WakingDatabase {
  return {
    ...database,
    wake,
    async transaction(work) {
      let gathered: Parameters<Wake>[0][] = [];
      const result = await database.transaction((tx) => {
        // A repeated transaction begins again.
        gathered = [];
        return work({ query: (statement) => tx.query(statement), wake: (wakeUp) => gathered.push(wakeUp) });
      });
      gathered.forEach(wake);
      return result;
    },
  };
}
