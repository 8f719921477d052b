import { afterEach, expect, test } from 'vitest';
import { decideBefore, prune } from '../../../app/main/recovery/start-retention.ts';
import { createMemoryArtifacts } from '../../../app/store/artifacts/memory-artifacts.ts';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import { createRetention } from '../../../app/store/postgres/retention.ts';
import { sampleTask } from '../../contract/stores/store-harness.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { findBroken } from '../../support/invariants.ts';
import { snapshotOfDatabase } from '../../support/store-snapshots.ts';

const db = withDatabase();
const NOW = new Date('2026-11-21T12:00:00Z');
const DAY_MS = 24 * 3_600_000;

afterEach(() => emptyTables(db.database));

function daysAgo(days: number): Date {
  return new Date(NOW.getTime() - days * DAY_MS);
}

async function endedTask(id: string, options: { days: number; retryOf?: string; number: number }): Promise<void> {
  const { tasks } = createPostgresStores({ database: db.database });
  const now = daysAgo(options.days);
  const task = { ...sampleTask(id), thread: { number: options.number, kind: 'issue' as const } };
  await tasks.admit({
    task: { ...task, retryOf: options.retryOf ?? null },
    semanticKey: `key-${id}`,
    now,
    rate: { perUserPerHour: 1_000 },
    outbox: [],
  });
  await tasks.requestStop({ taskId: id, stop: { kind: 'cancel', by: { id: 1, login: 'mira' }, at: now }, now });
}

async function run(): Promise<{ tasks: number; mail: number; removed: string[]; left: string[] }> {
  const removed: string[] = [];
  const artifacts = createMemoryArtifacts();
  const pruned = await prune({
    retention: createRetention(db.database),
    artifacts: {
      remove: async (prefix) => {
        removed.push(prefix);
        await artifacts.remove(prefix);
      },
    },
    repositories: { remove: async () => undefined },
    days: 90,
    clock: { now: () => NOW },
    holds: () => true,
  });
  const rows = await db.database.query<{ id: string }>({ text: 'select id from task order by id' });
  return { ...pruned, removed, left: rows.map((row) => row.id) };
}

test('what ended long ago goes with everything about it, and nothing else does', async () => {
  await endedTask('old', { days: 91, number: 1 });
  await endedTask('fresh', { days: 89, number: 2 });
  const { removed, left, tasks } = await run();
  expect({ removed, left, tasks }).toEqual({ removed: ['old/'], left: ['fresh'], tasks: 1 });
  const events = await db.database.query({ text: 'select distinct task_id from task_event' });
  expect(events).toEqual([{ task_id: 'fresh' }]);
  expect(findBroken(await snapshotOfDatabase(db.database))).toEqual([]);
});

test('a task that a live one continues from stays, and one that an ended one came from does not', async () => {
  await endedTask('old-a', { days: 100, number: 1 });
  await endedTask('new-a', { days: 10, number: 1, retryOf: 'old-a' });
  await endedTask('old-b', { days: 100, number: 2 });
  const { tasks } = createPostgresStores({ database: db.database });
  const live = { ...sampleTask('live'), thread: { number: 2, kind: 'issue' as const }, retryOf: 'old-b' };
  await tasks.admit({ task: live, semanticKey: 'k', now: NOW, rate: { perUserPerHour: 9 }, outbox: [] });
  expect((await run()).left).toEqual(['live', 'new-a', 'old-b']);
  expect(await tasks.find('new-a')).toMatchObject({ retryOf: null });
});

test('many are given up in small batches', async () => {
  for (let index = 0; index < 120; index += 1) {
    await endedTask(`t${index}`, { days: 200, number: index + 1 });
  }
  expect(await run()).toMatchObject({ tasks: 120, left: [] });
});

test('old claims and settled messages go; messages that wait stay', async () => {
  await db.database.query({
    text: `insert into command_claim (key, delivery_id, claimed_at) values ('a', 'd', $1), ('b', 'd', $2)`,
    values: [daysAgo(91), daysAgo(1)],
  });
  await db.database.query({
    text: `insert into outbox (key, installation_id, repository, thread, message, created_at, due_at, settled_at)
      values ('said', 1, '{}', '{}', '{}', $1, $1, $1), ('waits', 1, '{}', '{}', '{}', $1, $1, null)`,
    values: [daysAgo(91)],
  });
  expect(await run()).toMatchObject({ mail: 2 });
});

test('it finds what to give up by an index, and a foreign key finds its rows by one', async () => {
  const plan = await db.database.transaction(async (tx) => {
    await tx.query({ text: 'set local enable_seqscan = off' });
    return tx.query<{ 'QUERY PLAN': string }>({
      text: `explain select id from task t where t.finished_at < now() and not exists
        (select from task r where r.retry_of = t.id and r.finished_at is null) order by t.finished_at limit 50`,
    });
  });
  const text = plan.map((row) => row['QUERY PLAN']).join('\n');
  expect(text).toContain('task_finished');
  expect(text).not.toContain('Seq Scan');
});

test('the present month is never touched', () => {
  expect(decideBefore(new Date('2026-03-31T12:00:00Z'), 30)).toEqual(new Date('2026-02-28T00:00:00Z'));
  expect(decideBefore(NOW, 90)).toEqual(daysAgo(90));
});
