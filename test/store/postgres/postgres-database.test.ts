import { createServer } from 'node:net';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { DatabaseError, type Database, type Queryable } from '../../../app/store/database.ts';
import { createPostgresDatabase } from '../../../app/store/postgres/postgres-database.ts';
import { withDatabase } from '../../support/database.ts';

const db = withDatabase({ empty: true });

beforeAll(async () => {
  await db.database.execute(`
    create table account (id integer primary key, balance bigint not null, constraint balance_not_negative check (balance >= 0));
    create table note (word text);`);
});

async function failureOf(work: Promise<unknown>): Promise<DatabaseError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DatabaseError)) {
    throw new Error('Expected a DatabaseError.', { cause: error });
  }
  return error;
}

/** Resolves once it was called so often; afterwards at once. */
function meeting(callers: number): () => Promise<void> {
  let missing = callers;
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return () => {
    missing -= 1;
    if (missing === 0) {
      open();
    }
    return opened;
  };
}

function write(on: Queryable, word: string) {
  return on.query({ text: 'insert into note (word) values ($1)', values: [word] });
}

async function words(): Promise<string[]> {
  const rows = await db.database.query<{ word: string }>({ text: 'select word from note order by word' });
  return rows.map((row) => row.word);
}

describe('values', () => {
  test.each([
    ['bigint', '9007199254740991::bigint', 9_007_199_254_740_991],
    ['a negative bigint', '-5::bigint', -5],
    ['the sum of bigints', '(select sum(n) from (values (2::bigint), (3)) as v (n))', 5],
    ['an average', '1.5::numeric', 1.5],
    ['an array of bigints', 'array[1, null, 3]::bigint[]', [1, null, 3]],
    ['jsonb', `'{"a": [1]}'::jsonb`, { a: [1] }],
    ['timestamptz', `'2026-11-21T10:00:00.123+02'::timestamptz`, new Date('2026-11-21T08:00:00.123Z')],
    ['bytea', String.raw`'\x00ff'::bytea`, Buffer.from([0, 255])],
    ['null', 'null::bigint', null],
    ['a date in UTC', `('2026-11-21T23:30:00-05'::timestamptz)::date::text`, '2026-11-22'],
  ])('%s arrives as it should', async (_, expression, value) => {
    expect(await db.database.query({ text: `select ${expression} as value` })).toEqual([{ value }]);
  });

  test.each(['9007199254740992::bigint', 'array[9007199254740993]::bigint[]', '90071992547409930::numeric'])(
    '%s is an error, not a rounded number',
    async (expression) => {
      expect(await failureOf(db.database.query({ text: `select ${expression}` }))).toMatchObject({ code: '22003' });
    },
  );

  test('dates, bytes, numbers and text go in as they come out', async () => {
    const values = [new Date('2026-11-21T08:00:00.123Z'), Buffer.from([0, 255]), 9_007_199_254_740_991, `'";--`];
    const [row] = await db.database.query<{ all: unknown[] }>({
      name: 'round-trip',
      text: 'select $1::timestamptz as a, $2::bytea as b, $3::bigint as c, $4::text as d',
      values,
    });
    expect(Object.values(row ?? {})).toEqual(values);
  });
});

describe('errors', () => {
  test('name the SQLSTATE and the constraint', async () => {
    const error = await failureOf(db.database.query({ text: 'insert into account values (99, -1)' }));
    expect(error).toMatchObject({ code: '23514', constraint: 'balance_not_negative', unavailable: false });
  });

  test('a session ended by the server is unavailable, and the pool continues', async () => {
    const error = await failureOf(db.database.query({ text: 'select pg_terminate_backend(pg_backend_pid())' }));
    expect(error.unavailable).toBe(true);
    expect(await db.database.query({ text: 'select 1 as one' })).toEqual([{ one: 1 }]);
  });

  test('idle connections that the server ends do no harm', async () => {
    await Promise.all(Array.from({ length: 5 }, () => db.database.query({ text: 'select pg_sleep(0.02)' })));
    const other = await createPostgresDatabase({ connection: db.connection, maxConnections: 1 });
    await other.query({
      text: `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    });
    await other.close();
    await expect
      .poll(() => db.database.query({ text: 'select 1 as one' }).catch(() => null), { interval: 5 })
      .toEqual([{ one: 1 }]);
  });

  test('a statement that takes too long is cancelled by the server', async () => {
    const slow = await createPostgresDatabase({ connection: db.connection, maxConnections: 1, statementTimeoutMs: 50 });
    try {
      const error = await failureOf(slow.query({ text: 'select pg_sleep(10)' }));
      expect(error).toMatchObject({ code: '57014', unavailable: false });
      await slow.execute('select pg_sleep(0.1)');
      expect(await slow.query({ text: 'show statement_timeout' })).toEqual([{ statement_timeout: '50ms' }]);
    } finally {
      await slow.close();
    }
  });

  test('nobody listening is unavailable, and the message has no password', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const url = `postgres://me:hunter2@127.0.0.1:${port}/mine?sslmode=disable`;
    const error = await failureOf(createPostgresDatabase({ connection: { url } }));
    expect(error.unavailable).toBe(true);
    expect(error.message).toContain(`Cannot use the database at postgres://me@127.0.0.1:${port}/mine`);
    expect(error.message).not.toContain('hunter2');
  });

  test('a server that never answers is given up', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    try {
      const connection = { url: `postgres://me@127.0.0.1:${port}/mine` };
      const error = await failureOf(createPostgresDatabase({ connection, connectTimeoutMs: 50 }));
      expect(error.unavailable).toBe(true);
    } finally {
      server.close();
    }
  });
});

describe('a transaction', () => {
  test('commits what its work did and gives back its result', async () => {
    const result = await db.database.transaction(async (tx) => {
      await write(tx, 'committed');
      return 'done';
    });
    expect(result).toBe('done');
    expect(await words()).toContain('committed');
  });

  test('undoes everything when its work throws, and throws the same', async () => {
    const reason = new Error('changed my mind');
    await expect(
      db.database.transaction(async (tx) => {
        await write(tx, 'undone');
        throw reason;
      }),
    ).rejects.toBe(reason);
    expect(await words()).not.toContain('undone');
  });

  test('runs statements that were started at once in their order', async () => {
    await db.database.transaction(async (tx) => {
      await Promise.all(['order 1', 'order 2', 'order 3'].map((word) => write(tx, word)));
    });
    expect(await words()).toEqual(expect.arrayContaining(['order 1', 'order 2', 'order 3']));
  });

  test('that hides a failed statement does not pretend to have committed', async () => {
    const work = db.database.transaction(async (tx) => {
      await write(tx, 'lost');
      await tx.query({ text: 'select 1 / 0' }).catch(() => undefined);
    });
    expect(await failureOf(work)).toMatchObject({ code: '25P02' });
  });

  test('refuses statements after its end', async () => {
    let kept: Queryable | null = null;
    await db.database.transaction(async (tx) => {
      kept = tx;
    });
    expect(() => kept?.query({ text: 'select 1' })).toThrow(/await every query/);
  });

  test('is repeated when the server cannot serialize it', async () => {
    await db.database.query({ text: 'insert into account values (1, 0) on conflict (id) do update set balance = 0' });
    let attempts = 0;
    const allHaveRead = meeting(4);
    await Promise.all(
      Array.from({ length: 4 }, () =>
        db.database.transaction(async (tx) => {
          attempts += 1;
          await tx.query({ text: 'set transaction isolation level repeatable read' });
          const [row] = await tx.query<{ balance: number }>({ text: 'select balance from account where id = 1' });
          await allHaveRead();
          await tx.query({ text: 'update account set balance = $1 where id = 1', values: [(row?.balance ?? 0) + 1] });
        }),
      ),
    );
    expect(await db.database.query({ text: 'select balance from account where id = 1' })).toEqual([{ balance: 4 }]);
    expect(attempts).toBeGreaterThan(4);
  });

  test('is repeated after a deadlock', async () => {
    await db.database.query({ text: 'insert into account values (2, 0), (3, 0)' });
    let attempts = 0;
    const bothHaveOne = meeting(2);
    async function addTo(first: number, second: number) {
      await db.database.transaction(async (tx) => {
        await tx.query({ text: `set local deadlock_timeout = '10ms'` });
        await tx.query({ text: 'update account set balance = balance + 1 where id = $1', values: [first] });
        attempts += 1;
        await bothHaveOne();
        await tx.query({ text: 'update account set balance = balance + 1 where id = $1', values: [second] });
      });
    }
    await Promise.all([addTo(2, 3), addTo(3, 2)]);
    expect(attempts).toBeGreaterThan(2);
    expect(await db.database.query({ text: 'select balance from account where id in (2, 3)' })).toEqual([
      { balance: 2 },
      { balance: 2 },
    ]);
  });

  test('is not repeated for ever', async () => {
    let attempts = 0;
    const work = db.database.transaction(async (tx) => {
      attempts += 1;
      await tx.query({ text: `do $$ begin raise exception 'no' using errcode = '40001'; end $$` });
    });
    expect(await failureOf(work)).toMatchObject({ code: '40001' });
    expect(attempts).toBeGreaterThan(2);
    expect(attempts).toBeLessThan(20);
  });

  test('whose connection breaks in the middle is unavailable', async () => {
    const work = db.database.transaction(async (tx) => {
      await write(tx, 'broken');
      await tx.query({ text: 'select pg_terminate_backend(pg_backend_pid())' });
    });
    expect((await failureOf(work)).unavailable).toBe(true);
    expect(await words()).not.toContain('broken');
  });

  test('left idle too long is ended by the server', async () => {
    const impatient = await createPostgresDatabase({
      connection: db.connection,
      maxConnections: 1,
      idleInTransactionTimeoutMs: 20,
    });
    try {
      const [session] = await impatient.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' });
      const work = impatient.transaction(async (tx) => {
        await write(tx, 'forgotten');
        await expect
          .poll(() =>
            db.database.query({ text: 'select 1 from pg_stat_activity where pid = $1', values: [session?.pid] }),
          )
          .toEqual([]);
        await write(tx, 'too late');
      });
      expect((await failureOf(work)).unavailable).toBe(true);
      expect(await words()).not.toContain('forgotten');
    } finally {
      await impatient.close();
    }
  });
});

describe('a prepared statement', () => {
  test('whose table changed under it is prepared again', async () => {
    const single = await createPostgresDatabase({ connection: db.connection, maxConnections: 1 });
    const statement = { name: 'all-of-shape', text: 'select * from shape' };
    try {
      await single.execute('create table shape (a integer); insert into shape values (1);');
      await single.query(statement);
      await single.execute('alter table shape add column b integer default 2');
      expect(await single.query(statement)).toEqual([{ a: 1, b: 2 }]);
      await single.execute('alter table shape add column c integer default 3');
      expect(await single.transaction((tx) => tx.query(statement))).toEqual([{ a: 1, b: 2, c: 3 }]);
    } finally {
      await single.close();
    }
  });
});

describe('a script', () => {
  test('that fails leaves no transaction open in the pool', async () => {
    const single = await createPostgresDatabase({ connection: db.connection, maxConnections: 1 });
    try {
      const error = await failureOf(single.execute('begin; create table half (id integer); select 1 / 0; commit;'));
      expect(error.code).toBe('22012');
      expect(await single.query({ text: `select to_regclass('half') as found` })).toEqual([{ found: null }]);
    } finally {
      await single.close();
    }
  });
});

describe('listening', () => {
  let other: Database;
  beforeAll(async () => {
    other = await createPostgresDatabase({ connection: db.connection, maxConnections: 2, applicationName: 'listener' });
  });
  afterAll(() => other.close());

  /** Collects what a channel says; `next` resolves with the first that has not been seen yet. */
  async function collect(channel: string) {
    const arrived: (string | null)[] = [];
    let wake = (): void => undefined;
    const subscription = await other.listen(channel, (payload) => {
      arrived.push(payload);
      wake();
    });
    async function next() {
      while (arrived.length === 0) {
        await new Promise<void>((resolve) => (wake = resolve));
      }
      return arrived.shift();
    }
    return { next, stop: () => subscription.stop(), arrived };
  }
  function notify(channel: string, payload: string) {
    return db.database.query({ text: 'select pg_notify($1, $2)', values: [channel, payload] });
  }

  test('delivers to each channel what was sent on it', async () => {
    const [first, second] = await Promise.all([collect('first'), collect('second')]);
    await notify('second', 'two');
    await notify('first', 'one');
    expect([await first.next(), await second.next()]).toEqual(['one', 'two']);
    await Promise.all([first.stop(), second.stop()]);
  });

  test('reconnects after its connection was lost, reports that something may be missed, and receives again', async () => {
    const channel = await collect('again');
    await db.database.query({
      text: `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listener (notices)' and datname = current_database()`,
    });
    expect(await channel.next()).toBeNull();
    await notify('again', 'after');
    expect(await channel.next()).toBe('after');
    await channel.stop();
  });

  test('one of two on a channel may stop and the other still receives', async () => {
    const [one, two] = await Promise.all([collect('both'), collect('both')]);
    await one.stop();
    await notify('both', 'heard');
    expect(await two.next()).toBe('heard');
    expect(one.arrived).toEqual([]);
    await two.stop();
  });

  test('refuses a channel name that would need care', async () => {
    await expect(other.listen('Robert"; drop', () => undefined)).rejects.toThrow(/channel is named/);
  });
});
