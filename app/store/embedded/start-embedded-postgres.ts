import { setTimeout as wait } from 'node:timers/promises';

import type { PostgresConnection } from '../postgres/driver/connection-settings.ts';
import { acquireDataLock, type DataLock, type LockHolder } from '../lock/data-lock.ts';
import { explainFileError } from './explain-error.ts';
import { DATABASE_NAME, DATABASE_USER } from './initialize-data.ts';
import { locateBinaries } from './programs/locate-binaries.ts';
import { isServing, readPostmaster, stopPostmaster } from './postmaster.ts';
import { prepareHome } from './prepare-home.ts';
import type { Log } from '../../task/ports/log.ts';
import { isAlive } from '../lock/process-facts.ts';
import { keepLogShort } from './server-log.ts';
import { clearSocketPlace, runServer, type RunningServer, type ServerPlan } from './run-server.ts';
import { SERVER_SETTINGS } from './server-settings.ts';
import { chooseServerUser } from './server-user.ts';

export interface EmbeddedOptions {
  /** `BOSUN_DATA_DIR`; the server lives in `postgres/` below it. */
  readonly dataDir: string;
  readonly log: Pick<Log, 'info' | 'error'>;
  /** Told at the first start, which takes a second, and where something is waited for. */
  readonly onProgress?: (sentence: string) => void;
  /** Server settings to change; tests switch `fsync` off. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  readonly connection: Extract<PostgresConnection, { socketDirectory: string }>;
  /** Whether a server left behind by a Bosun that was killed was taken over. */
  readonly adopted: boolean;
  /** Process id of the server at this moment. */
  pid(): number;
  /** Fast shutdown; resolves once the server has ended. Safe to call again. */
  stop(): Promise<void>;
}

/** How often it is looked whether the server still runs; one system call. */
const WATCH_MS = 1_000;
const LONGEST_RESTART_DELAY_MS = 30_000;

/**
 * Starts the PostgreSQL that comes with Bosun, on a Unix socket that only this user may use. Not a child in the usual
 * sense: it outlives a Bosun that is killed, and the next one adopts it; Ctrl-C in the terminal does not reach it. When
 * it ends on its own it is started again. Throws a sentence when it cannot start or another Bosun uses the directory.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') {
    throw new Error('The embedded database does not run on Windows. Use WSL, or set DATABASE_URL.');
  }
  const { first, plan, lock } = await begin(options).catch((error: unknown) => {
    throw explainFileError(error, options.dataDir);
  });
  options.log.info('The embedded database is ready.', { pid: first.postmaster.pid, adopted: first.adopted });
  const supervised = supervise(first, plan, options.log);
  let stopped: Promise<void> | null = null;
  async function stop(): Promise<void> {
    await supervised.stop();
    lock.release();
  }
  const { socketDirectory, port } = first.postmaster;
  return {
    connection: { socketDirectory, port, user: DATABASE_USER, database: DATABASE_NAME },
    adopted: first.adopted,
    pid: () => supervised.pid(),
    stop: () => (stopped ??= stop()),
  };
}

async function begin(options: EmbeddedOptions): Promise<{ first: RunningServer; plan: ServerPlan; lock: DataLock }> {
  const binaries = locateBinaries();
  const [home, user] = prepareHome(options.dataDir, chooseServerUser);
  const plan: ServerPlan = {
    home,
    user,
    binaries,
    settings: { ...SERVER_SETTINGS, ...options.settings },
    tell: options.onProgress ?? (() => undefined),
  };
  const lock = await acquireDataLock(home.lock, { describe: (holder) => describeHolder(holder, home.lock) });
  try {
    return { first: await runServer(plan), plan, lock };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Starts the server again whenever it is gone, at the same socket, until `stop`. */
function supervise(
  first: RunningServer,
  plan: ServerPlan,
  log: Pick<Log, 'error'>,
): { pid(): number; stop(): Promise<void> } {
  const { socketDirectory } = first.postmaster;
  const stopping = new AbortController();
  let pid = first.postmaster.pid;
  let failures = 0;

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      const delayMs = Math.min(WATCH_MS * 2 ** failures, LONGEST_RESTART_DELAY_MS);
      await wait(delayMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (stopping.signal.aborted) {
        return;
      }
      if (!isAlive(pid)) {
        await restart();
      }
      tidyLog();
    }
  }

  function tidyLog(): void {
    try {
      keepLogShort(plan.home.log);
    } catch (error) {
      log.error('The log of the embedded database could not be shortened.', { err: error });
    }
  }

  async function restart(): Promise<void> {
    log.error('The embedded database stopped unexpectedly; it is restarted.', { pid });
    try {
      const next = await runServer({ ...plan, socketDirectory });
      pid = next.postmaster.pid;
      failures = 0;
    } catch (error) {
      failures += 1;
      log.error('The embedded database could not be restarted; it will be retried.', { err: error });
    }
  }

  const watching = watch();
  return {
    pid: () => pid,
    stop: async () => {
      stopping.abort();
      await watching;
      const last = readPostmaster(plan.home.data);
      if (last !== null && isServing(last, plan.home.data)) {
        await stopPostmaster(last.pid);
      }
      clearSocketPlace(plan.home, socketDirectory);
    },
  };
}

function describeHolder(holder: LockHolder, path: string): string {
  return (
    `Another Bosun uses this data directory: process ${holder.pid} on ${holder.host}, since ${holder.since} (${path}). ` +
    'Stop it first, or give this one its own BOSUN_DATA_DIR; to run several processes on one database, set DATABASE_URL.'
  );
}
