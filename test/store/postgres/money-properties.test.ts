import { array, assert, asyncProperty } from 'fast-check';
import { expect, it } from 'vitest';

import type { Database } from '../../../app/store/database.ts';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import { createPostgresDatabase } from '../../../app/store/postgres/postgres-database.ts';
import { limits, NOON, usd } from '../../contract/stores/store-harness.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { findBroken } from '../../support/invariants.ts';
import { createMoneyPlayer, MONEY_ACT, type MoneyAct } from '../../support/random-spending.ts';
import { snapshotOfDatabase } from '../../support/store-snapshots.ts';

const RUNS = Number(process.env['MONEY_RUNS'] ?? 12);
/** Pools of their own, as processes have them, with several connections each. */
const PROCESSES = 3;
const PLAYERS = 12;
const LIMITS = limits({
  timeZone: 'Europe/Berlin',
  repositoryDayNano: usd(9),
  repositoryMonthNano: usd(15),
  serverDayNano: usd(14),
});

const test = withDatabase({ maxConnections: 4 });

it(`keeps spent + reserved within every budget at every instant while ${PLAYERS} play from ${PROCESSES} pools`, async () => {
  const pools: Database[] = [];
  for (let number = 0; number < PROCESSES; number += 1) {
    pools.push(await createPostgresDatabase({ connection: test.connection, maxConnections: 5 }));
  }
  const before = await deadlocks(test.database);
  let looks = 0;
  try {
    await assert(
      asyncProperty(array(MONEY_ACT, { minLength: 100, maxLength: 300, size: 'max' }), async (acts) => {
        await emptyTables(test.database);
        const broken = await playAll(acts, pools, () => (looks += 1));
        expect(broken).toEqual([]);
      }),
      // Interleavings are never the same twice, so a smaller story that passes says nothing.
      { numRuns: RUNS, endOnFailure: true },
    );
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
  expect(looks).toBeGreaterThan(RUNS);
  expect(await deadlocks(test.database)).toBe(before);
}, 120_000);

/** Deals the acts out, plays them all at once, and looks at one snapshot after the other meanwhile. */
async function playAll(acts: readonly MoneyAct[], pools: readonly Database[], onLook: () => void): Promise<string[]> {
  const clock = { now: NOON };
  const playing = new AbortController();
  const broken: string[] = [];

  async function watch(): Promise<void> {
    do {
      broken.push(...findBroken(await snapshotOfDatabase(test.database)));
      onLook();
    } while (!playing.signal.aborted);
  }
  async function play(index: number): Promise<void> {
    const database = pools[index % pools.length] ?? expect.unreachable();
    const stores = createPostgresStores({ database });
    const act = createMoneyPlayer({ stores, limits: LIMITS, clock }, `P${String(index).padStart(2, '0')}-`);
    for (const own of acts.filter((_, nth) => nth % PLAYERS === index)) {
      await act(own);
    }
  }

  const watching = watch();
  await Promise.all(Array.from({ length: PLAYERS }, (_, index) => play(index))).finally(() => playing.abort());
  await watching;
  return [...broken, ...findBroken(await snapshotOfDatabase(test.database))];
}

async function deadlocks(database: Database): Promise<number> {
  const [row] = await database.query<{ deadlocks: number }>({
    text: 'select deadlocks from pg_stat_database where datname = current_database()',
  });
  return row?.deadlocks ?? Number.NaN;
}
