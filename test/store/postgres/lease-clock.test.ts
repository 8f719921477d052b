import { beforeEach, expect, test } from 'vitest';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import { claimer, sampleTask } from '../../contract/stores/world.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';

const lent = withDatabase();
const LEASE_MS = 60_000;

/** The stores of a process and what it takes for the time. */
function openProcess(skewMs: number) {
  const { tasks } = createPostgresStores({ database: lent.database });
  return { tasks, now: () => new Date(Date.now() + skewMs) };
}

const MINUTES = 60_000;
const slow = () => openProcess(-5 * MINUTES);
const right = () => openProcess(0);
const fast = () => openProcess(5 * MINUTES);

async function claim({ tasks, now }: ReturnType<typeof openProcess>, leaseMs: number): Promise<string> {
  const rate = { perUserPerHour: 100 };
  await tasks.admit({ task: sampleTask('A'), semanticKey: 'A', now: now(), rate, outbox: [] });
  const claimed = await tasks.claim(claimer({ owner: 'one', now: now(), leaseMs }));
  return claimed?.task.id ?? expect.fail('nothing could be claimed');
}

beforeEach(async () => {
  await emptyTables(lent.database);
});

test.each([
  ['slow', 'fast', slow, fast],
  ['slow', 'right', slow, right],
  ['right', 'fast', right, fast],
  ['fast', 'slow', fast, slow],
])(
  'the task of a process whose clock is %s is not taken over by one whose clock is %s',
  async (_a, _b, openOne, openTwo) => {
    const [one, two] = [openOne(), openTwo()];
    const id = await claim(one, LEASE_MS);
    const adopt = () => two.tasks.adopt({ owner: 'two', now: two.now(), leaseMs: LEASE_MS, max: 10 });
    expect(await adopt()).toEqual([]);
    expect(await one.tasks.renew({ owner: 'one', holding: [id], now: one.now(), leaseMs: LEASE_MS })).toHaveLength(1);
    expect(await adopt()).toEqual([]);
    expect(await two.tasks.staleness({ now: two.now(), heartbeatStaleMs: 60 * MINUTES })).toEqual({
      live: 1,
      stale: 0,
    });
  },
);

test.each([
  ['slow', slow],
  ['fast', fast],
])(
  'a lease that has run out is taken over, also by a process whose clock is %s, and for the whole time',
  async (_, openTwo) => {
    const two = openTwo();
    await claim(fast(), 0);
    const [adopted] = await two.tasks.adopt({ owner: 'two', now: two.now(), leaseMs: LEASE_MS, max: 10 });
    const until = adopted?.lease?.until.getTime() ?? 0;
    expect(Math.abs(until - Date.now() - LEASE_MS)).toBeLessThan(MINUTES / 2);
    const third = { owner: 'three', leaseMs: LEASE_MS, max: 10 };
    expect(await right().tasks.adopt({ ...third, now: right().now() })).toEqual([]);
  },
);
