import { DatabaseError } from '../../database.ts';

/** What Node or the driver reports when there is no answer, and the SQLSTATE with the same meaning. */
const LOST_CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);
const LOST_CONNECTION_MESSAGE =
  /connection terminated|connection ended|query read timeout|timeout exceeded when trying to connect|client was closed|not queryable|socket (?:hang up|closed)/i;

/** Shutting down or starting (57P0x), connection exceptions (08xxx), no connection left, a standby after a failover. */
const UNAVAILABLE_SQLSTATE = /^(?:57P0[1-5]|08...|53300|25006)$/;

/** `08006`, connection failure: the SQLSTATE given to errors that never reached the server. */
const CONNECTION_FAILURE = '08006';
/** `XX000`, internal error: anything the driver throws of its own accord. */
const INTERNAL_ERROR = 'XX000';

/** Turns whatever the driver throws into a `DatabaseError`. The message never holds a connection string. */
export function toDatabaseError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) {
    return error;
  }
  const facts = readFacts(error);
  const lost =
    LOST_CONNECTION_CODES.has(facts.code) || (!isSqlState(facts.code) && LOST_CONNECTION_MESSAGE.test(facts.message));
  if (lost) {
    return new DatabaseError(`The connection to the database was lost: ${facts.message}`, {
      code: CONNECTION_FAILURE,
      unavailable: true,
      constraint: null,
      cause: error,
    });
  }
  const code = isSqlState(facts.code) ? facts.code : INTERNAL_ERROR;
  return new DatabaseError(facts.message, {
    code,
    unavailable: UNAVAILABLE_SQLSTATE.test(code),
    constraint: facts.constraint,
    cause: error,
  });
}

/** The server cached a plan for a table that has changed shape since; a new connection has no such plan. */
export function isStalePlan(error: unknown): boolean {
  return error instanceof Error && 'routine' in error && error.routine === 'RevalidateCachedQuery';
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && !LOST_CONNECTION_CODES.has(code);
}

function readFacts(error: unknown): { code: string; message: string; constraint: string | null } {
  if (!(error instanceof Error)) {
    return { code: '', message: String(error), constraint: null };
  }
  // Node tries every address of a name and reports all failures in one error whose own message is empty.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const source = first instanceof Error ? first : error;
  const code = 'code' in source && typeof source.code === 'string' ? source.code : '';
  const constraint = 'constraint' in source && typeof source.constraint === 'string' ? source.constraint : null;
  return { code, message: source.message, constraint };
}
