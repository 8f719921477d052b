/**
 * The database port: PostgreSQL 15 or newer, embedded or by `DATABASE_URL`. The same driver, SQL and migrations stand
 * behind both. Integers of eight bytes arrive as JS numbers, `timestamptz` as Date, `jsonb` as parsed values.
 *
 * Errors: a statement that fails throws `DatabaseError` with the SQLSTATE in `code`; a lost connection has
 * `unavailable: true`, and the caller may try the whole transaction again.
 */
export interface Queryable {
  /** `name` makes it a prepared statement kept by the connection; give each text one name. */
  query<Row extends object>(statement: Statement): Promise<Row[]>;
}

export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

export interface Database extends Queryable {
  /** Runs `work` in one transaction; rolls back when it throws; repeats it when PostgreSQL asks for that (40001, 40P01). */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Several statements at once, no parameters: migrations. */
  execute(script: string): Promise<void>;
  /** Calls back for every NOTIFY on the channel, and once after each reconnection with `null`: something may have been missed. */
  listen(channel: string, onNotice: (payload: string | null) => void): Promise<{ stop(): Promise<void> }>;
  /** The connections of this process, as they are now. */
  pool(): PoolFacts;
  close(): Promise<void>;
}

export interface PoolFacts {
  readonly max: number;
  /** Checked out by a statement or a transaction, or being opened for one. */
  readonly busy: number;
  readonly idle: number;
  /** Statements and transactions that wait for a connection. */
  readonly waiting: number;
}

export class DatabaseError extends Error {
  readonly code: string;
  readonly unavailable: boolean;
  readonly constraint: string | null;
  constructor(
    message: string,
    facts: { code: string; unavailable: boolean; constraint: string | null; cause: unknown },
  ) {
    super(message, { cause: facts.cause });
    this.name = 'DatabaseError';
    this.code = facts.code;
    this.unavailable = facts.unavailable;
    this.constraint = facts.constraint;
  }
}
