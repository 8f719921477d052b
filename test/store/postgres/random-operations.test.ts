import { expect, it } from 'vitest';

import type { Database } from '../../../app/store/database.ts';
import { createMemoryStores } from '../../../app/store/memory/create-memory-stores.ts';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import { limits, NOON, usd } from '../../contract/stores/store-harness.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { findBroken, type StoreSnapshot } from '../../support/invariants.ts';
import { createStory, drain, randomOf } from '../../support/random-operations.ts';
import { snapshotOfDatabase } from '../../support/store-snapshots.ts';

const LIMITS = limits({ repository: 2, user: 2, server: 5, repositoryDayNano: usd(25), serverDayNano: usd(40) });
const SEEDS = Number(process.env['STORY_SEEDS'] ?? 4);
const PLAYERS = 32;
const STEPS = Number(process.env['STORY_STEPS'] ?? 25);

const test = withDatabase({ maxConnections: PLAYERS + 2 });

it(`answers the same as the stores in memory, act for act, with ${SEEDS} seeds`, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    await emptyTables(test.database);
    const story = { limits: LIMITS, player: 'A', startAt: NOON, timePasses: true };
    const here = createPostgresStores({ database: test.database, leaseClock: 'caller' });
    const inDatabase = createStory({ ...story, random: randomOf(seed), stores: here });
    const inMemory = createStory({ ...story, random: randomOf(seed), stores: createMemoryStores() });
    for (let step = 1; step <= 200; step += 1) {
      const expected = await inMemory.step();
      expect(await inDatabase.step(), `seed ${seed}, step ${step}`).toEqual(expected);
    }
    expect(findBroken(await snapshotOfDatabase(test.database))).toEqual([]);
  }
});

it.each([
  { name: 'everything', only: undefined, concurrency: LIMITS.concurrency },
  {
    name: 'what takes several locks',
    only: ['admit', 'claim', 'move', 'stop', 'draw', 'settle', 'raise'],
    concurrency: { repository: 4, user: 1, server: 5 },
  },
])(
  'keeps every invariant and limit, without a dead-lock, while 32 play $name at once',
  async ({ only, concurrency }) => {
    const limits = { ...LIMITS, concurrency };
    await emptyTables(test.database);
    const { database, repeated, disorderly } = watchTransactions(test.database);
    const before = await deadlocks(test.database);
    const broken: string[] = [];
    const playing = new AbortController();

    async function play(index: number): Promise<void> {
      const stores = createPostgresStores({ database, leaseClock: 'caller' });
      const random = randomOf(1_000 + index);
      const player = `P${String(index).padStart(2, '0')}-`;
      const clock = { startAt: NOON, timePasses: false };
      const story = createStory({ stores, random, limits, player, ...clock, ...(only === undefined ? {} : { only }) });
      for (let step = 1; step <= STEPS; step += 1) {
        await story.step();
      }
    }
    async function watch(): Promise<void> {
      while (!playing.signal.aborted) {
        const snapshot = await snapshotOfDatabase(test.database);
        broken.push(...findBroken(snapshot), ...overLimits(snapshot, concurrency));
      }
    }

    const watching = watch();
    await Promise.all(Array.from({ length: PLAYERS }, (_, index) => play(index))).finally(() => playing.abort());
    await watching;
    expect(broken).toEqual([]);
    expect([...disorderly]).toEqual([]);
    expect(repeated()).toBe(0);
    expect(await deadlocks(test.database)).toBe(before);
    const stores = createPostgresStores({ database, leaseClock: 'caller' });
    expect(await drain({ stores, limits, now: NOON })).toEqual([]);
    expect(findBroken(await snapshotOfDatabase(test.database))).toEqual([]);
  },
  60_000,
);

it('starts exactly as many as the limits allow when 32 claim at once', async () => {
  await emptyTables(test.database);
  const stores = createPostgresStores({ database: test.database, leaseClock: 'caller' });
  const story = createStory({
    stores,
    random: randomOf(5),
    limits: LIMITS,
    player: 'A',
    startAt: NOON,
    timePasses: false,
  });
  for (let step = 0; step < 300; step += 1) {
    const { tasks } = stores;
    if ((await tasks.list({ states: ['SUBMITTED'], limit: 100 })).length < 25) {
      await story.step();
    }
  }
  const by = { now: NOON, leaseMs: 30_000, limits: LIMITS };
  const live = (await stores.tasks.list({ states: ['HYDRATING', 'RUNNING', 'FINALIZING'], limit: 100 })).length;
  const claims = await Promise.all(
    Array.from({ length: 32 }, (_, index) => stores.tasks.claim({ ...by, owner: `owner ${index}` })),
  );
  expect(live + claims.filter((claim) => claim !== null).length).toBeLessThanOrEqual(5);
  expect(await stores.tasks.claim({ ...by, owner: 'last' })).toBeNull();
  const snapshot = await snapshotOfDatabase(test.database);
  expect([...findBroken(snapshot), ...overLimits(snapshot, LIMITS.concurrency)]).toEqual([]);
});

function overLimits(snapshot: StoreSnapshot, limits: typeof LIMITS.concurrency): string[] {
  const { repository, user, server } = limits;
  const lanes = [...snapshot.lanes].filter(([, lane]) => lane.running > repository).map(([id]) => `lane ${id}`);
  const slots = [...snapshot.slots]
    .filter(([scope, running]) => running > (scope === 'server' ? server : user))
    .map(([scope]) => `slot ${scope}`);
  return [...lanes, ...slots].map((name) => `${name} is over its limit`);
}

async function deadlocks(database: Database): Promise<number> {
  const [row] = await database.query<{ deadlocks: number }>({
    text: 'select deadlocks from pg_stat_database where datname = current_database()',
  });
  return row?.deadlocks ?? Number.NaN;
}

/** Statements that change slot or budget rows, or more than one lane, and those that take the first lock of the order. */
const WIDE = ['attempt-end', 'tasks-wake-blocked', 'claim-start', 'money-settle-late', 'budget-reserve-more'];
const FIRST_LOCK = ['claim-gate', 'slots-lock', 'task-lock-slots'];

/**
 * Counts transactions that had to be run again, which the port would otherwise do unseen, and names those that leave the
 * order of locks, because the dead-lock they may end in is rare.
 */
function watchTransactions(database: Database) {
  let repeats = 0;
  const disorderly = new Set<string>();
  const watched: Database = {
    ...database,
    transaction: (work) => {
      let runs = 0;
      return database.transaction((tx) => {
        runs += 1;
        repeats += runs > 1 ? 1 : 0;
        const names: string[] = [];
        return work({
          query: (statement) => {
            names.push(statement.name ?? 'unnamed');
            if (WIDE.includes(names.at(-1) ?? '') && !FIRST_LOCK.includes(names[0] ?? '')) {
              disorderly.add(names.join(', '));
            }
            return tx.query(statement);
          },
        });
      });
    },
  };
  return { database: watched, repeated: () => repeats, disorderly };
}
