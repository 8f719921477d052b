import { beforeEach, expect, test } from 'vitest';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import { claimer, sampleTask } from '../../contract/stores/store-harness.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';

const db = withDatabase();
const LEASE_MS = 60_000;

/** The stores of a process and what it takes for the time. */
function openProcess(skewMs: number) {
  const stores = createPostgresStores({ database: db.database });
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
  await emptyTables(db.database);
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

const SKEWED = [
  ['slow', 'fast', slow, fast],
  ['fast', 'slow', fast, slow],
] as const;

const MESSAGE = {
  key: 'm',
  installationId: 3,
  repository: { id: 1, owner: 'acme', name: 'engine' },
  thread: { number: 1, kind: 'issue' },
  message: { kind: 'reply', body: 'Hello' },
} as const;

/** How far a time is from the clock of the process that got it. */
function distance(at: Date | null | undefined, { now }: ReturnType<typeof openProcess>): number {
  return (at?.getTime() ?? Infinity) - now().getTime();
}

test.each(SKEWED)(
  'a message of a process whose clock is %s is due at once to one whose clock is %s, and has one sender',
  async (_a, _b, a, b) => {
    const [one, two] = [a(), b()];
    await one.outbox.add([MESSAGE], one.now());
    expect(distance(await two.outbox.nextDueAt(two.now()), two)).toBeLessThanOrEqual(0);
    const [taken] = await two.outbox.take({ holder: 'two', max: 1, now: two.now(), leaseMs: LEASE_MS });
    expect(Math.abs(distance(taken?.createdAt, two))).toBeLessThan(MINUTES / 2);
    expect(await one.outbox.take({ holder: 'one', max: 1, now: one.now(), leaseMs: LEASE_MS })).toEqual([]);
    await two.outbox.sending('m', { holder: 'two', now: two.now() });
    const at = new Date(two.now().getTime() + LEASE_MS);
    await two.outbox.retryLater('m', { holder: 'two', now: two.now(), at, error: 'GitHub answered 502' });
    expect(await one.outbox.take({ holder: 'one', max: 1, now: one.now(), leaseMs: LEASE_MS })).toEqual([]);
    expect(Math.abs(distance(await one.outbox.nextDueAt(one.now()), one) - LEASE_MS)).toBeLessThan(MINUTES / 2);
  },
);

test.each(SKEWED)('what a process whose clock is %s sent is as old to one whose clock is %s', async (_a, _b, a, b) => {
  const [one, two] = [a(), b()];
  await one.outbox.add([MESSAGE], one.now());
  await one.outbox.take({ holder: 'one', max: 1, now: one.now(), leaseMs: LEASE_MS });
  await one.outbox.sending('m', { holder: 'one', now: one.now() });
  await one.outbox.retryLater('m', { holder: 'one', now: one.now(), at: one.now(), error: 'no answer' });
  const [again] = await two.outbox.take({ holder: 'two', max: 1, now: two.now(), leaseMs: LEASE_MS });
  expect(Math.abs(distance(again?.sentAt, two))).toBeLessThan(MINUTES / 2);
});

test.each(SKEWED)(
  'the report that a process holds whose clock is %s is left to it by one whose clock is %s',
  async (_a, _b, a, b) => {
    const [one, two] = [a(), b()];
    const id = await claim(one, LEASE_MS);
    const take = (process: typeof one, holder: string) =>
      process.reports.takeDirty({ holder, max: 1, now: process.now(), leaseMs: LEASE_MS });
    expect(distance(await two.reports.nextDueAt(two.now()), two)).toBeLessThanOrEqual(0);
    const [task] = await take(one, 'one');
    expect(task?.id).toBe(id);
    expect(await take(two, 'two')).toEqual([]);
    const shown = { taskId: id, reporter: 'comment' as const, externalId: '7', deliveredHash: 'aa' };
    await one.reports.save({ ...shown, deliveredAt: one.now() }, { holder: 'one', now: one.now() });
    const found = await two.reports.find(id, 'comment', two.now());
    expect(Math.abs(distance(found?.deliveredAt, two))).toBeLessThan(MINUTES / 2);
    const lookAgainAt = new Date(one.now().getTime() + LEASE_MS);
    await one.reports.settle(id, { holder: 'one', now: one.now(), revision: task?.revision ?? 0, lookAgainAt });
    expect(await take(two, 'two')).toEqual([]);
    expect(Math.abs(distance(await two.reports.nextDueAt(two.now()), two) - LEASE_MS)).toBeLessThan(MINUTES / 2);
  },
);

test.each(SKEWED)(
  'a scheduled job that a process runs whose clock is %s is not run by one whose clock is %s',
  async (_a, _b, a, b) => {
    const [one, two] = [a(), b()];
    const ask = (process: typeof one, holder: string) =>
      process.recovery.claimJob({ name: 'sweep', holder, now: process.now(), leaseMs: LEASE_MS, early: false });
    expect(await ask(one, 'one')).toEqual({ number: 1, cursor: null });
    expect(await ask(two, 'two')).toBeNull();
    const job = { name: 'sweep', holder: 'one', number: 1 };
    expect(await one.recovery.extendJob({ ...job, now: one.now(), leaseMs: LEASE_MS })).toBe(true);
    expect(await ask(two, 'two')).toBeNull();
    const dueAt = new Date(one.now().getTime() + LEASE_MS);
    expect(await one.recovery.finishJob({ ...job, now: one.now(), dueAt, cursor: 'here' })).toBe(true);
    expect(await ask(two, 'two')).toBeNull();
    expect(await ask(one, 'one')).toBeNull();
  },
);
