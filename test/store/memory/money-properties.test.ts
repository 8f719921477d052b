import { array, assert, asyncProperty } from 'fast-check';
import { expect, it } from 'vitest';

import { createMemoryStores } from '../../../app/store/memory/create-memory-stores.ts';
import { limits, NOON, usd } from '../../contract/stores/store-harness.ts';
import { findBroken } from '../../support/invariants.ts';
import { createMoneyPlayer, MONEY_ACT } from '../../support/random-spending.ts';
import { snapshotOfMemory } from '../../support/store-snapshots.ts';

const RUNS = Number(process.env['MONEY_RUNS'] ?? 200);
const LIMITS = limits({
  timeZone: 'Europe/Berlin',
  repositoryDayNano: usd(9),
  repositoryMonthNano: usd(15),
  serverDayNano: usd(14),
});

it(`keeps spent + reserved within every budget, and counts nothing wrong, after each act of ${RUNS} stories`, async () => {
  await assert(
    asyncProperty(array(MONEY_ACT, { maxLength: 120, size: 'max' }), async (acts) => {
      const stores = createMemoryStores();
      const play = createMoneyPlayer({ stores, limits: LIMITS, clock: { now: NOON } }, 'A');
      for (const act of acts) {
        await play(act);
        expect(findBroken(snapshotOfMemory(stores.state))).toEqual([]);
      }
    }),
    { numRuns: RUNS },
  );
});
