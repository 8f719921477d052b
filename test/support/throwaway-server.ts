import { mkdtempSync, readdirSync, realpathSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isServing, readPostmaster, stopPostmaster } from '../../app/store/embedded/postmaster.ts';
import { isAlive } from '../../app/store/embedded/process-facts.ts';
import { startEmbeddedPostgres } from '../../app/store/embedded/start-embedded-postgres.ts';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';

const PREFIX = 'bosun-test-';

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
  const directory = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  chmodSync(directory, 0o711);
  return directory;
}

async function clearLeftServers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) {
      continue;
    }
    const directory = realpathSync(join(tmpdir(), name));
    const data = join(directory, 'postgres', 'data');
    const postmaster = readPostmaster(data);
    if (postmaster !== null && isServing(postmaster, data)) {
      await stopPostmaster(postmaster.pid);
    }
    rmSync(directory, { recursive: true, force: true });
  }
}
