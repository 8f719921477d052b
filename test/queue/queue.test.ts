import { describe, expect, test } from 'vitest';

import { createMemoryQueue } from '../../app/queue/memory-queue.ts';
import type { Queue, Receipt } from '../../app/queue/queue.ts';
import { createTableQueue } from '../../app/queue/table-queue.ts';
import type { Database, Statement } from '../../app/store/database.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import { testQueue } from '../contract/queue.ts';
import { withDatabase } from '../support/database.ts';

const clock = { now: () => new Date() };
const nothingDue = async () => null;

function receive(queue: Queue): Promise<Receipt[]> {
  return queue.receive({ kinds: ['inbox', 'task', 'report'], max: 10, signal: new AbortController().signal });
}
function idsOf(receipts: Receipt[]) {
  return receipts.map((receipt) => `${receipt.wakeUp.kind} ${receipt.wakeUp.id}`);
}
const EVERYTHING = ['inbox *', 'task *', 'report *'];

describe('the queue in memory', () => {
  testQueue(() => createMemoryQueue());

  test('the same wake-up twice is one', async () => {
    const queue = createMemoryQueue();
    await queue.send({ kind: 'task', id: 't1' });
    await queue.send({ kind: 'task', id: 't1' });
    expect(idsOf(await receive(queue))).toEqual(['task t1']);
    await queue.close();
  });

  test('very many wake-ups of a kind become one for everything', async () => {
    const queue = createMemoryQueue();
    for (let index = 0; index <= 10_000; index += 1) {
      await queue.send({ kind: 'task', id: `t${index}` });
    }
    expect(idsOf(await receive(queue))).toEqual(['task *']);
    await queue.close();
  });
});

describe('the queue on the database', () => {
  const db = withDatabase({ empty: true });

  testQueue(() => createTableQueue({ database: db.database, clock, nextWakeAt: nothingDue }));

  test('begins with a look at everything, for what was sent before', async () => {
    const queue = createTableQueue({ database: db.database, clock, nextWakeAt: nothingDue });
    expect(idsOf(await receive(queue))).toEqual(EVERYTHING);
    await queue.close();
  });

  test('a wake-up reaches every process that listens', async () => {
    const other = await createPostgresDatabase({ connection: db.connection, maxConnections: 2 });
    const queues = [db.database, other].map((database) =>
      createTableQueue({ database, clock, nextWakeAt: nothingDue }),
    );
    try {
      await Promise.all(queues.map(receive));
      await queues[0]?.send({ kind: 'task', id: 't1' });
      expect((await Promise.all(queues.map(receive))).map(idsOf)).toEqual([['task t1'], ['task t1']]);
    } finally {
      await Promise.all(queues.map((queue) => queue.close()));
      await other.close();
    }
  });

  test('many sends at once become few statements, and each hint arrives once', async () => {
    let statements = 0;
    const database = {
      listen: (...request: Parameters<Database['listen']>) => db.database.listen(...request),
      query: (statement: Statement) => {
        statements += 1;
        return db.database.query<any>(statement);
      },
    };
    const queue = createTableQueue({ database, clock, nextWakeAt: nothingDue });
    await receive(queue);
    await Promise.all(Array.from({ length: 500 }, (_, index) => queue.send({ kind: 'task', id: `t${index % 5}` })));
    expect(statements).toBeLessThanOrEqual(2);
    const seen: string[] = [];
    while (seen.length < 5) {
      seen.push(...idsOf(await receive(queue)));
    }
    expect(seen.sort()).toEqual(['task t0', 'task t1', 'task t2', 'task t3', 'task t4']);
    await queue.close();
  });

  test('rings when the earliest row is due, and not before', async () => {
    const at = new Date(Date.now() + 150);
    const queue = createTableQueue({ database: db.database, clock, nextWakeAt: async () => at });
    await receive(queue);
    expect(idsOf(await receive(queue))).toEqual(EVERYTHING);
    expect(Date.now()).toBeGreaterThanOrEqual(at.getTime() - 1);
    await queue.close();
  });

  test('a wake-up makes it look for an earlier time', async () => {
    let at: Date | null = null;
    const queue = createTableQueue({ database: db.database, clock, nextWakeAt: async () => at });
    await receive(queue);
    at = new Date();
    await queue.send({ kind: 'task', id: 't1' });
    const seen: string[] = [];
    while (!seen.includes('report *')) {
      seen.push(...idsOf(await receive(queue)));
    }
    expect(seen).toContain('task t1');
    await queue.close();
  });

  test('a row that stays due does not make it spin', async () => {
    let asked = 0;
    const queue = createTableQueue({
      database: db.database,
      clock,
      nextWakeAt: async () => {
        asked += 1;
        return new Date(0);
      },
    });
    const abort = new AbortController();
    let rings = -1;
    const until = AbortSignal.any([abort.signal, AbortSignal.timeout(700)]);
    while (!until.aborted) {
      const receipts = await queue.receive({ kinds: ['task'], max: 10, signal: until });
      rings += receipts.length;
    }
    expect(rings).toBe(1);
    expect(asked).toBeLessThan(5);
    await queue.close();
  });

  test('asks nothing while nothing happens, and still sweeps', async () => {
    let asked = 0;
    const queue = createTableQueue({
      database: db.database,
      clock,
      sweepMs: 300,
      nextWakeAt: async () => {
        asked += 1;
        return null;
      },
    });
    await receive(queue);
    expect(idsOf(await receive(queue))).toEqual(EVERYTHING);
    expect(asked).toBeLessThanOrEqual(2);
    await queue.close();
  });

  test('looks at everything after the connection for notices was lost', async () => {
    const queue = createTableQueue({ database: db.database, clock, nextWakeAt: nothingDue });
    await receive(queue);
    await db.database.query({
      text: `select pg_terminate_backend(pid) from pg_stat_activity
             where application_name like '%(notices)' and datname = current_database()`,
    });
    expect(idsOf(await receive(queue))).toEqual(EVERYTHING);
    await queue.send({ kind: 'task', id: 'after' });
    expect(idsOf(await receive(queue))).toEqual(['task after']);
    await queue.close();
  });

  test('a payload that someone else sent is passed over', async () => {
    const queue = createTableQueue({ database: db.database, clock, nextWakeAt: nothingDue });
    await receive(queue);
    for (const payload of ['', 'null', '{"kind":"other","id":"x"}', '{"kind":"task"}']) {
      await db.database.query({ text: 'select pg_notify($1, $2)', values: ['bosun_wake', payload] });
    }
    await queue.send({ kind: 'task', id: 't1' });
    expect(idsOf(await receive(queue))).toEqual(['task t1']);
    await queue.close();
  });
});
