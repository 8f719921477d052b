import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { PostgresConnection } from '../postgres/driver/connection-settings.ts';
import { DATABASE_NAME, DATABASE_USER } from './initialize-data.ts';
import { hasEndedWithin, isServing, readPostmaster, waitUntilReady, type Postmaster } from './postmaster.ts';

export interface AttachedPostgres {
  readonly connection: Extract<PostgresConnection, { socketDirectory: string }>;
}

const STARTING_MS = 60_000;
const STOPPING_MS = 30_000;

/**
 * Finds the embedded server that another process of the same user runs on this data directory, so that a second one can
 * look into it. Neither takes the data lock nor becomes responsible for the server. Null when none runs; throws a
 * sentence when this user may not look.
 */
export async function attachEmbeddedPostgres(options: { dataDir: string }): Promise<AttachedPostgres | null> {
  const data = findData(options.dataDir);
  if (data === null) {
    return null;
  }
  const found = readPostmaster(data);
  if (found === null || !isServing(found, data)) {
    return null;
  }
  if (found.status === 'stopping') {
    await hasEndedWithin(found.pid, STOPPING_MS);
    return null;
  }
  const ready = found.status === 'ready' ? found : await waitForStart(found, data);
  return ready === null || !hasSocket(ready) ? null : { connection: connectionOf(ready) };
}

/** Whether a database was ever made below this data directory. */
export function hasEmbeddedData(dataDir: string): boolean {
  return findData(dataDir) !== null;
}

function findData(dataDir: string): string | null {
  const entrance = join(resolve(dataDir), 'postgres');
  if (!existsSync(entrance)) {
    return null;
  }
  const data = join(realpathSync(entrance), 'data');
  if (!existsSync(data)) {
    return null;
  }
  try {
    accessSync(data, constants.R_OK | constants.X_OK);
  } catch (error) {
    const { uid } = statSync(data);
    throw new Error(
      `The embedded database in ${data} belongs to another user (id ${uid}). Run this as the user who runs \`bosun start\`.`,
      { cause: error },
    );
  }
  return data;
}

/** Null when it ended instead. */
async function waitForStart(found: Postmaster, data: string): Promise<Postmaster | null> {
  const ended = new Error('the server ended while it started');
  try {
    return await waitUntilReady({
      dataDirectory: data,
      pid: found.pid,
      timeoutMs: STARTING_MS,
      hasEnded: () => !isServing(found, data),
      explainExit: () => ended,
    });
  } catch (error) {
    if (error === ended) {
      return null;
    }
    throw error;
  }
}

function hasSocket(postmaster: Postmaster): boolean {
  return existsSync(join(postmaster.socketDirectory, `.s.PGSQL.${postmaster.port}`));
}

function connectionOf({ socketDirectory, port }: Postmaster): AttachedPostgres['connection'] {
  return { socketDirectory, port, user: DATABASE_USER, database: DATABASE_NAME };
}
