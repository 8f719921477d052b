import { accessSync, chmodSync, constants, mkdtempSync, readdirSync, realpathSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isServing, readPostmaster, stopPostmaster } from '../../app/store/embedded/postmaster.ts';
import { isAlive } from '../../app/store/embedded/process-facts.ts';
import { startEmbeddedPostgres } from '../../app/store/embedded/start-embedded-postgres.ts';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';

const PREFIX = 'bosun-test-';
const MEMORY = '/dev/shm';
const NEEDED_BYTES = 1_000_000_000;

/** An embedded server for one run of the tests. Fast rather than durable; what earlier killed runs left is removed. */
export async function startThrowawayServer() {
  await clearLeftServers();
  const dataDir = makeOpenDirectory(`${PREFIX}${process.pid}-`);
  const log = { info: () => undefined, error: console.error };
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
    autovacuum_naptime: '60s',
  };
  const server = await startEmbeddedPostgres({ dataDir, log, settings }).catch((error: unknown) => {
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  });
  return {
    throwaway: true,
    connectionTo: (database: string | null): PostgresConnection => ({
      ...server.connection,
      database: database ?? server.connection.database,
    }),
    stop: async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A temporary directory that an unprivileged server may pass through when the tests run as root. */
export function makeOpenDirectory(prefix: string): string {
  const directory = realpathSync(mkdtempSync(join(fastDirectory(), prefix)));
  chmodSync(directory, 0o711);
  return directory;
}

/** A database is hundreds of small files: a file system in memory makes one in a twentieth of the time. */
function fastDirectory(): string {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize > NEEDED_BYTES ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

async function clearLeftServers(): Promise<void> {
  const parent = fastDirectory();
  for (const name of readdirSync(parent)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) {
      continue;
    }
    const directory = realpathSync(join(parent, name));
    const data = join(directory, 'postgres', 'data');
    const postmaster = readPostmaster(data);
    if (postmaster !== null && isServing(postmaster, data)) {
      await stopPostmaster(postmaster.pid);
    }
    rmSync(directory, { recursive: true, force: true });
  }
}
