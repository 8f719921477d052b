import { beforeEach, expect, test } from 'vitest';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import { claimer, sampleTask } from '../../contract/stores/world.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';

const lent = withDatabase();
const LEASE_MS = 60_000;

/** The stores of a process and what it takes for the time. */
function openProcess(skewMs: number) {
  const stores = createPostgresStores({ database: lent.database });
  return { ...stores, now: () => new Date(Date.now() + skewMs) };
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

test.each([
  ['slow', slow],
  ['fast', fast],
])('a heartbeat is as old to a process whose clock is %s as it is to the one that wrote it', async (_, openTwo) => {
  const [one, two] = [right(), openTwo()];
  const id = await claim(one, LEASE_MS);
  await one.attempts.heartbeat({ taskId: id, epoch: 1, now: one.now() });
  const now = two.now();
  const found = await two.attempts.findWithTask({ taskId: id, epoch: 1, now });
  const heardAt = found?.attempt.heartbeatAt?.getTime() ?? 0;
  expect(Math.abs(now.getTime() - heardAt)).toBeLessThan(MINUTES / 2);
  expect(await two.tasks.staleness({ now, heartbeatStaleMs: MINUTES })).toEqual({ live: 1, stale: 0 });
});

test.each([
  ['slow', 'fast', slow, fast],
  ['fast', 'slow', fast, slow],
])('a delivery that a process takes whose clock is %s is left to it by one whose clock is %s', async (_a, _b, a, b) => {
  const [one, two] = [a(), b()];
  await one.inbox.record({ id: 'd', event: 'ping', body: Buffer.from('{}'), receivedAt: one.now() });
  expect(await one.inbox.take({ max: 1, now: one.now(), leaseMs: LEASE_MS })).toHaveLength(1);
  expect(await two.inbox.take({ max: 1, now: two.now(), leaseMs: LEASE_MS })).toEqual([]);
  await one.inbox.defer('d', { now: one.now(), until: one.now(), note: 'GitHub does not answer' });
  expect(await two.inbox.take({ max: 1, now: two.now(), leaseMs: LEASE_MS })).toHaveLength(1);
});

test.each([
  ['slow', 'fast', slow, fast],
  ['fast', 'slow', fast, slow],
])('while a process writes whose clock is %s, one whose clock is %s waits as long', async (_a, _b, a, b) => {
  const [one, two] = [a(), b()];
  const pace = { everyMs: 1, burst: 100 };
  const ask = { installationId: 7, rank: 1, minute: pace, hour: pace, leaseMs: LEASE_MS };
  expect(await one.writeLocks.take({ ...ask, holder: 'one', now: one.now() })).toMatchObject({ granted: true });
  const refused = await two.writeLocks.take({ ...ask, holder: 'two', now: two.now() });
  const retryAt = refused.granted ? expect.unreachable() : refused.retryAt;
  expect(Math.abs(retryAt.getTime() - two.now().getTime() - LEASE_MS)).toBeLessThan(MINUTES / 2);
  const until = new Date(one.now().getTime() + LEASE_MS);
  await one.writeLocks.block({ installationId: 7, now: one.now(), until, strike: null });
  const { blockedUntil } = await two.writeLocks.readBlock({ installationId: 7, now: two.now() });
  expect(Math.abs((blockedUntil?.getTime() ?? 0) - two.now().getTime() - LEASE_MS)).toBeLessThan(MINUTES / 2);
});
