import { constants } from 'node:os';

import type { ServerConfig } from '../../config/server-config.ts';
import type { Database } from '../../store/database.ts';
import { attachEmbeddedPostgres, hasEmbeddedData } from '../../store/embedded/attach-embedded.ts';
import { startEmbeddedPostgres } from '../../store/embedded/start-embedded-postgres.ts';
import type { PostgresConnection } from '../../store/postgres/driver/connection-settings.ts';
import { createPostgresDatabase } from '../../store/postgres/postgres-database.ts';

export interface OpenedDatabase {
  readonly database: Database;
  /** For a session of one's own. */
  readonly connection: PostgresConnection;
  /** `server`: by DATABASE_URL. `attached`: another process runs the embedded one. `started`: we do, until `close`. */
  readonly kind: 'server' | 'attached' | 'started';
  close(): Promise<void>;
}

export type OpenResult = OpenedDatabase | { readonly kind: 'absent' };

export interface OpenOptions {
  /** What to do where no embedded database was ever made. */
  readonly whenAbsent: 'make' | 'tell';
  readonly onProgress: (sentence: string) => void;
}

const CONNECTIONS = 2;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * The database as a second process sees it: the server of DATABASE_URL, the embedded one that runs, or the embedded one
 * started for the moment. Migrates nothing. Throws a sentence when it cannot be had.
 */
export async function openDatabase(storage: ServerConfig['storage'], options: OpenOptions): Promise<OpenResult> {
  if (storage.databaseUrl !== null) {
    return connect({ url: storage.databaseUrl }, { kind: 'server', release: async () => undefined });
  }
  const { dataDir } = storage;
  const attached = await attach(dataDir);
  if (attached !== null) {
    return attached;
  }
  if (options.whenAbsent === 'tell' && !hasEmbeddedData(dataDir)) {
    return { kind: 'absent' };
  }
  try {
    const moment = await startForTheMoment(dataDir, options);
    return await connect(moment.connection, { kind: 'started', release: moment.stop });
  } catch (error) {
    // Another Bosun may have begun to start it between the look and the try.
    const begun = await attach(dataDir);
    if (begun !== null) {
      return begun;
    }
    throw error;
  }
}

/**
 * Starts the embedded server, which would outlive us: a signal that ends us before `stop` stops it first. The exit code
 * is the one the shell would give.
 */
async function startForTheMoment(
  dataDir: string,
  options: OpenOptions,
): Promise<{ connection: PostgresConnection; stop: () => Promise<void> }> {
  const starting = startEmbeddedPostgres({ dataDir, log: QUIET, onProgress: options.onProgress });
  async function leave(signal: NodeJS.Signals): Promise<void> {
    await starting.then((server) => server.stop()).catch(() => undefined);
    process.exit(128 + constants.signals[signal]);
  }
  function onSignal(signal: NodeJS.Signals): void {
    void leave(signal);
  }
  function forget(): void {
    SIGNALS.forEach((signal) => process.off(signal, onSignal));
  }
  SIGNALS.forEach((signal) => process.once(signal, onSignal));
  try {
    const server = await starting;
    return {
      connection: server.connection,
      stop: async () => {
        await server.stop();
        forget();
      },
    };
  } catch (error) {
    forget();
    throw error;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Its notices are for the log of a server; what stops us is thrown. */
const QUIET = { info: () => undefined, error: () => undefined };

async function attach(dataDir: string): Promise<OpenedDatabase | null> {
  const running = await attachEmbeddedPostgres({ dataDir });
  return running === null ? null : connect(running.connection, { kind: 'attached', release: async () => undefined });
}

async function connect(
  connection: PostgresConnection,
  owned: { kind: OpenedDatabase['kind']; release: () => Promise<void> },
): Promise<OpenedDatabase> {
  let database: Database;
  try {
    database = await createPostgresDatabase({
      connection,
      applicationName: 'bosun command line',
      maxConnections: CONNECTIONS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    });
  } catch (error) {
    await owned.release();
    throw error;
  }
  return {
    database,
    connection,
    kind: owned.kind,
    close: async () => {
      await database.close();
      await owned.release();
    },
  };
}
