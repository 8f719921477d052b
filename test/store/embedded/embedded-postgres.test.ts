import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { hasEndedWithin, readPostmaster, stopPostmaster } from '../../../app/store/embedded/postmaster.ts';
import { isAlive } from '../../../app/store/lock/process-facts.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../../app/store/embedded/start-embedded-postgres.ts';
import type { PostgresConnection } from '../../../app/store/postgres/driver/connection-settings.ts';
import { createPostgresDatabase } from '../../../app/store/postgres/postgres-database.ts';
import { makeOpenDirectory } from '../../support/throwaway-server.ts';

interface Report {
  readonly pid: number;
  readonly adopted: boolean;
  readonly connection: PostgresConnection;
  readonly error?: string;
}

const HOLDER = fileURLToPath(new URL('../../support/hold-embedded.ts', import.meta.url));
const NOBODY = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;

/** One place for all tests: setting up takes most of a second, and every test ends with the server stopped. */
let base: string;
let dataDir: string;
let servers: EmbeddedPostgres[] = [];
let holders: ChildProcess[] = [];

beforeAll(() => {
  base = makeOpenDirectory('bosun-embedded-');
});
beforeEach(() => {
  dataDir = join(base, 'data');
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  for (const holder of holders) {
    holder.kill('SIGKILL');
  }
  const left = readPostmaster(join(dataDir, 'postgres', 'data'));
  if (left !== null && isAlive(left.pid)) {
    await stopPostmaster(left.pid);
  }
  [servers, holders] = [[], []];
});

async function start(options: { dataDir?: string; onProgress?: (sentence: string) => void; log?: string[] } = {}) {
  const log = {
    info: () => undefined,
    error: (message: string) => options.log?.push(message),
  };
  const server = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' }, ...options, log });
  servers.push(server);
  return server;
}

/** Another Bosun, in a process group of its own. */
async function hold(as: { uid?: number; gid?: number } = {}): Promise<{ child: ChildProcess; report: Report }> {
  const child = spawn(process.execPath, [HOLDER, dataDir], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    ...as,
  });
  holders.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, report: JSON.parse(line) as Report };
}

async function ask<Row extends object>(connection: PostgresConnection, ...texts: string[]): Promise<Row[]> {
  const database = await createPostgresDatabase({ connection, maxConnections: 1 });
  try {
    let rows: Row[] = [];
    for (const text of texts) {
      rows = await database.query<Row>({ text });
    }
    return rows;
  } finally {
    await database.close();
  }
}

describe('the embedded server', () => {
  test('sets itself up at the first start, and keeps what was written for the next', async () => {
    const told: string[] = [];
    const first = await start({ onProgress: (sentence) => told.push(sentence) });
    await ask(first.connection, 'create table kept (word text)', `insert into kept values ('hello')`);
    await first.stop();
    expect(isAlive(first.pid())).toBe(false);
    const second = await start({ onProgress: (sentence) => told.push(sentence) });
    expect(await ask(second.connection, 'select word from kept')).toEqual([{ word: 'hello' }]);
    expect(second.adopted).toBe(false);
    expect(told).toEqual(['Setting up the embedded database for the first time.']);
  });

  test('is UTF-8, sorts the same everywhere, has checksums and no network', async () => {
    const server = await start();
    const [row] = await ask(
      server.connection,
      `select current_setting('server_encoding') as encoding, current_setting('data_checksums') as checksums,
              current_setting('listen_addresses') as network, (select datcollate from pg_database where datname = 'template0') as collation`,
    );
    expect(row).toEqual({ encoding: 'UTF8', checksums: 'on', network: '', collation: 'C.UTF-8' });
  });

  test('commits to disk unless a test changes it', async () => {
    const server = await startEmbeddedPostgres({ dataDir, log: { info: () => undefined, error: () => undefined } });
    servers.push(server);
    const [row] = await ask(
      server.connection,
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, current_setting('full_page_writes') as pages`,
    );
    expect(row).toEqual({ fsync: 'on', commit: 'on', pages: 'on' });
  });

  test('keeps data and socket from other users, and our environment from the server', async () => {
    process.env['BOSUN_TEST_SECRET'] = 'a secret of ours';
    const server = await start();
    delete process.env['BOSUN_TEST_SECRET'];
    for (const name of ['data', 'run']) {
      expect(statSync(join(dataDir, 'postgres', name)).mode & 0o077).toBe(0);
    }
    expect(statSync(join(server.connection.socketDirectory, '.s.PGSQL.5432')).mode & 0o077).toBe(0);
    if (process.platform === 'linux') {
      expect(readFileSync(`/proc/${server.pid()}/environ`, 'utf8')).not.toContain('secret');
    }
  });

  test.each([
    ['with spaces, commas and quotes', `a b, c"d 'e`],
    ['too long for a socket', 'long-'.repeat(30)],
  ])('works in a directory %s', async (_, name) => {
    const moved = join(base, name);
    renameSync(dataDir, moved);
    const server = await start({ dataDir: moved });
    expect(await ask(server.connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    renameSync(moved, dataDir);
    expect(existsSync(join(server.connection.socketDirectory, '.s.PGSQL.5432'))).toBe(false);
  });

  test('is started again, at the same place, when it ends on its own', async () => {
    const log: string[] = [];
    const server = await start({ log });
    const database = await createPostgresDatabase({ connection: server.connection, maxConnections: 2 });
    try {
      let reconnected = (): void => undefined;
      const again = new Promise<void>((resolve) => (reconnected = resolve));
      await database.listen('test', (payload) => payload === null && reconnected());
      const killed = server.pid();
      process.kill(killed, 'SIGKILL');
      await again;
      expect(server.pid()).not.toBe(killed);
      expect(await database.query({ text: 'select 1 as one' })).toEqual([{ one: 1 }]);
      expect(log).toContain('The embedded database stopped unexpectedly; it is restarted.');
    } finally {
      await database.close();
    }
  });
});

describe('a data directory', () => {
  test('outlives a Bosun that is killed with all its group, and the next one adopts the server', async () => {
    const { child, report } = await hold();
    await ask(report.connection, 'create table adopted_word (word text)', `insert into adopted_word values ('hello')`);
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await once(child, 'exit');
    expect(isAlive(report.pid)).toBe(true);
    const server = await start();
    expect(server).toMatchObject({ adopted: true, connection: report.connection });
    expect(server.pid()).toBe(report.pid);
    expect(await ask(server.connection, 'select word from kept')).toEqual([{ word: 'hello' }]);
    await server.stop();
    expect(isAlive(report.pid)).toBe(false);
  });

  test('is for one Bosun: the second learns who has it', async () => {
    const { child, report } = await hold();
    await expect(start()).rejects.toThrow(
      new RegExp(`Another Bosun uses this data directory: process ${child.pid} on .*, since .*BOSUN_DATA_DIR`),
    );
    expect(await ask(report.connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    child.stdin?.end();
    await once(child, 'exit');
    expect((await start()).adopted).toBe(false);
  });

  test('goes to one of two that start at the same moment', async () => {
    const results = await Promise.all([hold(), hold(), hold()]);
    const errors = results.map(({ report }) => report.error).filter((error) => error !== undefined);
    expect(errors).toHaveLength(2);
    expect(errors.every((error) => error.startsWith('Another Bosun'))).toBe(true);
  });

  test('left by a server that was killed too is cleared and recovered', async () => {
    const { child, report } = await hold();
    await ask(
      report.connection,
      'create table recovered_word (word text)',
      `insert into recovered_word values ('hello')`,
    );
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    process.kill(report.pid, 'SIGKILL');
    await Promise.all([once(child, 'exit'), hasEndedWithin(report.pid, 5_000)]);
    const server = await start();
    expect(server.adopted).toBe(false);
    expect(await ask(server.connection, 'select word from recovered_word')).toEqual([{ word: 'hello' }]);
  });

  test('whose process id now belongs to another program is not mistaken for a running server', async () => {
    await (await start()).stop();
    const pidFile = join(dataDir, 'postgres', 'data', 'postmaster.pid');
    writeFileSync(pidFile, [process.pid, 'x', '1', '5432', '/nowhere', '', '', 'ready', ''].join('\n'));
    expect((await start()).adopted).toBe(false);
  });

  test('of another major version is refused with a way out', async () => {
    await (await start()).stop();
    const file = join(dataDir, 'postgres', 'data', 'PG_VERSION');
    const version = readFileSync(file);
    writeFileSync(file, '15\n');
    await expect(start()).rejects.toThrow(/created by PostgreSQL 15, and this Bosun includes PostgreSQL 18.*pg_dump/);
    writeFileSync(file, version);
  });

  test('with settings the server rejects quotes the server, and releases the directory', async () => {
    const settings = { fsync: 'off', shared_buffers: 'very much' };
    const log = { info: () => undefined, error: () => undefined };
    await expect(startEmbeddedPostgres({ dataDir, log, settings })).rejects.toThrow(/Its output:[^]*shared_buffers/);
    expect((await start()).adopted).toBe(false);
  });
});

describe.runIf(isRoot)('as root', () => {
  test('the server runs as somebody else', async () => {
    const server = await start();
    const owner = statSync(join(dataDir, 'postgres', 'data')).uid;
    expect(owner).not.toBe(0);
    expect(readFileSync(`/proc/${server.pid()}/status`, 'utf8')).toMatch(
      new RegExp(`^Uid:\\s+${owner}\\s+${owner}`, 'm'),
    );
  });

  test('that somebody may not connect, although the server is theirs', async () => {
    const server = await start();
    const { uid, gid } = statSync(join(dataDir, 'postgres', 'data'));
    const script = `
      const { createPostgresDatabase } = await import(process.argv[1]);
      await createPostgresDatabase({ connection: JSON.parse(process.argv[2]) }).then(() => 'in', (e) => e.message).then(console.log);
      process.exit();`;
    const adapter = new URL('../../../app/store/postgres/postgres-database.ts', import.meta.url).href;
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', script, adapter, JSON.stringify(server.connection)],
      { uid, gid, cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    expect(line).toMatch(/[Pp]eer authentication failed/);
  });

  test('a directory that user cannot enter leads to one under /var/lib/bosun', async () => {
    const closed = join(base, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const server = await start({ dataDir: join(closed, 'data') });
    try {
      expect(server.connection.socketDirectory).toMatch(/^\/var\/lib\/bosun\/[0-9a-f]{12}\/run$/);
      expect(await ask(server.connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    } finally {
      await server.stop();
      rmSync(join(server.connection.socketDirectory, '..'), { recursive: true });
    }
  });

  test('a normal user starts it for themselves', async () => {
    dataDir = join(base, 'own');
    mkdirSync(dataDir, { mode: 0o700 });
    chownSync(dataDir, NOBODY.uid, NOBODY.gid);
    const { child, report } = await hold(NOBODY);
    expect(report.error).toBeUndefined();
    expect(statSync(join(dataDir, 'postgres', 'data')).uid).toBe(NOBODY.uid);
    child.stdin?.end();
    await once(child, 'exit');
    expect(isAlive(report.pid)).toBe(false);
  });

  test('a user who is not listed is reported', async () => {
    dataDir = join(base, 'other');
    mkdirSync(dataDir, { mode: 0o777 });
    const { report } = await hold({ uid: 54_321, gid: 54_321 });
    expect(report.error).toMatch(/listed in \/etc\/passwd, and 54321 is not/);
  });
});
