import { Client, Pool, types, type ClientBase, type ClientConfig, type PoolClient, type QueryConfig } from 'pg';

import type { Log } from '../../task/ports/log.ts';
import { DatabaseError, type Database, type Queryable, type Statement } from '../database.ts';
import { describeConnection, toDriverAddress, type PostgresConnection } from './driver/connection-settings.ts';
import { createListener, type ListenConnection } from './driver/listener.ts';
import { isStalePlan, toDatabaseError } from './driver/to-database-error.ts';
import { parsersOf } from './driver/value-parsers.ts';
import { runWithRetries } from './driver/run-with-retries.ts';

export interface PostgresOptions {
  readonly connection: PostgresConnection;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Size of the pool; one more connection is opened for `listen`. */
  readonly maxConnections?: number;
  readonly connectTimeoutMs?: number;
  /** A statement that runs longer is cancelled by the server; `execute` is not bound by it. */
  readonly statementTimeoutMs?: number;
  /** A transaction left open and idle for longer is ended by the server. */
  readonly idleInTransactionTimeoutMs?: number;
  readonly log?: Pick<Log, 'warn'>;
}

/** The oldest server whose SQL Bosun speaks. */
const OLDEST_SERVER = 150_000;
const KEEP_ALIVE_DELAY_MS = 10_000;
/** How much longer than the server's own timeout the client waits before it gives a silent connection up. */
const SILENCE_MS = 5_000;

/**
 * The database port on the `pg` driver. Connects once before it resolves, so that a wrong address or an old server is
 * an error of the start. Throws `DatabaseError`.
 */
export async function createPostgresDatabase(options: PostgresOptions): Promise<Database> {
  const config = toClientConfig(options);
  const log = options.log ?? { warn: () => undefined };
  const max = options.maxConnections ?? 10;
  const pool = new Pool({ ...config, max, idleTimeoutMillis: 60_000 });
  let closing = false;
  pool.on('error', (error) => {
    // What fails while everything is being closed needs no report.
    if (!closing) {
      log.warn('An idle database connection was lost.', { err: error });
    }
  });
  // A connection that breaks while it is checked out has no other listener, and an unheard error ends the process.
  pool.on('connect', (client) => client.on('error', () => undefined));

  const listener = createListener({
    connect: () => openListenConnection(config),
    onTrouble: (error) =>
      log.warn('The database connection for notices was lost; it is being renewed.', { err: error }),
    retryDelayMs: (failures) => Math.min(50 * 2 ** failures, 5_000) * (0.5 + Math.random() / 2),
  });

  async function withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    let client: PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      throw toDatabaseError(error);
    }
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = isSessionSpoiled(error);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async function query<Row extends object>(statement: Statement): Promise<Row[]> {
    try {
      return await withClient((client) => runStatement<Row>(client, statement));
    } catch (error) {
      // Only the plan was refused, before anything ran; the connection that had it is closed.
      if (error instanceof DatabaseError && isStalePlan(error.cause)) {
        return withClient((client) => runStatement<Row>(client, statement));
      }
      throw error;
    }
  }

  async function transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    return runWithRetries(() => withClient((client) => runTransaction(client, work)));
  }

  async function execute(script: string): Promise<void> {
    await withClient(async (client) => {
      try {
        await runStatement(client, { text: 'set statement_timeout = 0' });
        await client.query({ text: script, query_timeout: 0x7fffffff } as QueryConfig);
        await runStatement(client, { text: 'reset statement_timeout' });
      } catch (error) {
        // The script may have left a transaction open.
        throw new BrokenSession(error);
      }
    }).catch((error: unknown) => {
      throw error instanceof BrokenSession ? toDatabaseError(error.cause) : error;
    });
  }

  let closed: Promise<void> | null = null;
  async function closeAll(): Promise<void> {
    closing = true;
    await listener.close();
    await pool.end();
  }

  try {
    await checkServer(query);
  } catch (error) {
    await pool.end();
    throw explainFirstContact(error, options.connection);
  }
  return {
    query,
    transaction,
    execute,
    listen: (channel, onNotice) => listener.listen(channel, onNotice),
    pool: () => ({
      max,
      busy: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    close: () => (closed ??= closeAll()),
  };
}

function isSessionSpoiled(error: unknown): boolean {
  return (
    error instanceof BrokenSession ||
    (error instanceof DatabaseError && (error.unavailable || isStalePlan(error.cause)))
  );
}

/** Marks a failure after which the session cannot be returned to the pool. */
class BrokenSession extends Error {
  constructor(cause: unknown) {
    super('The script failed.', { cause });
  }
}

async function runStatement<Row extends object>(client: ClientBase, statement: Statement): Promise<Row[]> {
  const { name, text, values } = statement;
  try {
    const result = await client.query<Row>({
      text,
      ...(name === undefined ? {} : { name }),
      ...(values === undefined ? {} : { values: [...values] }),
    });
    return result.rows ?? [];
  } catch (error) {
    throw toDatabaseError(error);
  }
}

async function runTransaction<T>(client: ClientBase, work: (tx: Queryable) => Promise<T>): Promise<T> {
  let open = true;
  // The connection is pipelined: statements go out as they are asked for and run one after the other, so `begin` costs
  // no round trip of its own and neither do statements that a caller starts together.
  const begun = runStatement(client, { text: 'begin' });
  let last = settled(begun);
  const tx: Queryable = {
    query<Row extends object>(statement: Statement): Promise<Row[]> {
      if (!open) {
        throw new Error('A statement came after its transaction had ended; await every query inside the work.');
      }
      const next = runStatement<Row>(client, statement);
      last = settled(next);
      return next;
    },
  };
  try {
    const result = await work(tx);
    await begun;
    await last;
    open = false;
    const ended = await client.query('commit').catch((error: unknown) => {
      throw toDatabaseError(error);
    });
    if (ended.command === 'ROLLBACK') {
      throw new DatabaseError('The transaction was rolled back: one of its statements had failed.', {
        code: '25P02',
        unavailable: false,
        constraint: null,
        cause: undefined,
      });
    }
    return result;
  } catch (error) {
    open = false;
    await last;
    if (!(error instanceof DatabaseError && error.unavailable)) {
      await runStatement(client, { text: 'rollback' });
    }
    throw error;
  }
}

async function settled(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}

function toClientConfig(options: PostgresOptions): ClientConfig & { pipeline: boolean } {
  const statementTimeoutMs = options.statementTimeoutMs ?? 30_000;
  return {
    ...toDriverAddress(options.connection),
    pipeline: true,
    application_name: options.applicationName ?? 'bosun',
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + SILENCE_MS,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 15_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    types: parsersOf(types),
  };
}

async function openListenConnection(config: ClientConfig): Promise<ListenConnection> {
  const client = new Client({ ...config, application_name: `${config.application_name} (notices)` });
  let onLost: (error: unknown) => void = () => undefined;
  let lost = false;
  function lose(error: unknown): void {
    if (!lost) {
      lost = true;
      onLost(toDatabaseError(error));
    }
  }
  client.on('error', lose);
  client.on('end', () => lose(new Error('Connection terminated')));
  try {
    await client.connect();
  } catch (error) {
    throw toDatabaseError(error);
  }
  let last: Promise<unknown> = Promise.resolve();
  return {
    query: async (text) => {
      // Several may begin to listen at once; a connection runs one statement at a time.
      const next = last.then(() => runStatement(client, { text }));
      last = next.catch(() => undefined);
      await next;
    },
    onNotice: (callback) => {
      client.on('notification', ({ channel, payload }) => callback(channel, payload ?? ''));
    },
    onLost: (callback) => {
      onLost = callback;
    },
    end: async () => {
      lost = true;
      await client.end();
    },
  };
}

async function checkServer(query: Queryable['query']): Promise<void> {
  const [row] = await query<{ number: number; version: string }>({
    text: `select current_setting('server_version_num')::int as number, current_setting('server_version') as version`,
  });
  if (row !== undefined && row.number < OLDEST_SERVER) {
    throw new DatabaseError(`Bosun needs PostgreSQL 15 or newer; this server is ${row.version}. Upgrade it first.`, {
      code: '0A000',
      unavailable: false,
      constraint: null,
      cause: undefined,
    });
  }
}

function explainFirstContact(error: unknown, connection: PostgresConnection): unknown {
  if (!(error instanceof DatabaseError)) {
    return error;
  }
  const { code, unavailable, constraint } = error;
  const advice = 'url' in connection ? ' Check DATABASE_URL, and that the server runs and lets this machine in.' : '';
  const reason = /[.!?]$/.test(error.message) ? error.message : `${error.message}.`;
  const message = `Cannot use the database at ${describeConnection(connection)}: ${reason}${advice}`;
  return new DatabaseError(message, { code, unavailable, constraint, cause: error.cause });
}
