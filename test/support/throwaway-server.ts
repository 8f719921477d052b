import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  globSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { isServing, readPostmaster, stopPostmaster } from '../../app/store/embedded/postmaster.ts';
import { isAlive } from '../../app/store/lock/process-facts.ts';
import { startEmbeddedPostgres } from '../../app/store/embedded/start-embedded-postgres.ts';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';

const PREFIX = 'bosun-test-';
/** Names this run in every directory of `makeOpenDirectory`, in this process and in those it starts. */
const RUN = (process.env['BOSUN_TEST_RUN'] ??= randomBytes(4).toString('hex'));
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
  const directory = realpathSync(mkdtempSync(join(fastDirectory(), `${prefix}${RUN}-`)));
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

/** Stops servers that killed runs left behind, and removes their data. */
async function clearLeftServers(): Promise<void> {
  for (const name of readdirSync(fastDirectory())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) {
      await clearDirectory(join(fastDirectory(), name));
    }
  }
}

/** Stops servers that test files of this run left running, and resolves with their directories. */
export async function stopForgottenServers(): Promise<string[]> {
  const forgotten: string[] = [];
  for (const name of readdirSync(fastDirectory())) {
    const path = join(fastDirectory(), name);
    if (name.includes(`-${RUN}-`) && (await clearDirectory(path))) {
      forgotten.push(path);
    }
  }
  return forgotten;
}

async function clearDirectory(path: string): Promise<boolean> {
  const servers = globSync(join(path, '**/postgres/data/postmaster.pid')).map((file) => realpathSync(dirname(file)));
  let stopped = false;
  for (const data of servers) {
    const postmaster = readPostmaster(data);
    if (postmaster !== null && isServing(postmaster, data)) {
      await stopPostmaster(postmaster.pid);
      stopped = true;
    }
  }
  rmSync(path, { recursive: true, force: true });
  return stopped;
}
