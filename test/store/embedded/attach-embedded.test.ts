import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { attachEmbeddedPostgres } from '../../../app/store/embedded/attach-embedded.ts';
import { readPostmaster, stopPostmaster } from '../../../app/store/embedded/postmaster.ts';
import { isAlive } from '../../../app/store/lock/process-facts.ts';
import { createPostgresDatabase } from '../../../app/store/postgres/postgres-database.ts';
import { makeOpenDirectory } from '../../support/throwaway-server.ts';

const HOLDER = fileURLToPath(new URL('../../support/hold-embedded.ts', import.meta.url));
const NOBODY = { uid: 65_534, gid: 65_534 };
const LOOKER = `
  const { attachEmbeddedPostgres } = await import(process.argv[1]);
  try {
    console.log(JSON.stringify(await attachEmbeddedPostgres({ dataDir: process.argv[2] })));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }`;

let dataDir: string;
let holder: ChildProcess;

beforeAll(async () => {
  dataDir = join(makeOpenDirectory('bosun-attach-'), 'data');
  holder = spawn(process.execPath, [HOLDER, dataDir], { env: {}, stdio: ['pipe', 'pipe', 'inherit'] });
  await once(createInterface({ input: holder.stdout as NodeJS.ReadableStream }), 'line');
});
afterAll(async () => {
  holder.kill('SIGKILL');
  const left = readPostmaster(join(dataDir, 'postgres', 'data'));
  if (left !== null && isAlive(left.pid)) {
    await stopPostmaster(left.pid);
  }
  rmSync(join(dataDir, '..'), { recursive: true, force: true });
});

async function askVersion(): Promise<string | undefined> {
  const attached = await attachEmbeddedPostgres({ dataDir });
  if (attached === null) {
    return undefined;
  }
  const database = await createPostgresDatabase({ connection: attached.connection, maxConnections: 1 });
  try {
    const [row] = await database.query<{ version: string }>({
      text: `select current_setting('server_version') as version`,
    });
    return row?.version;
  } finally {
    await database.close();
  }
}

test('nothing is found where no database was ever made', async () => {
  expect(await attachEmbeddedPostgres({ dataDir: join(dataDir, 'nowhere') })).toBeNull();
});

test('a second process of the same user looks into a running server, and the server continues', async () => {
  const before = readPostmaster(join(dataDir, 'postgres', 'data'))?.pid;
  expect(await askVersion()).toMatch(/^1[5-9]\./);
  expect(await askVersion()).toMatch(/^1[5-9]\./);
  expect(readPostmaster(join(dataDir, 'postgres', 'data'))?.pid).toBe(before);
});

test.runIf(process.getuid?.() === 0)('another user is told to run as the one who owns the data', async () => {
  const module = new URL('../../../app/store/embedded/attach-embedded.ts', import.meta.url).href;
  const data = join(dataDir, 'postgres', 'data');
  // The server of a root process belongs to an unprivileged user, who may look; anyone else may not.
  const other = spawn(process.execPath, ['--input-type=module', '-e', LOOKER, module, dataDir], {
    env: {},
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
    uid: NOBODY.uid - 1,
    gid: NOBODY.gid - 1,
  });
  const [line] = (await once(createInterface({ input: other.stdout }), 'line')) as [string];
  const { error } = JSON.parse(line) as { error: string };
  expect(error).toContain(`The embedded database in ${data} belongs to another user`);
  expect(error).toContain('Run this as the user who runs `bosun start`.');
});

test('a server whose Bosun was killed is found too; one that has stopped is not', async () => {
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(await askVersion()).toMatch(/^1[5-9]\./);
  const left = readPostmaster(join(dataDir, 'postgres', 'data'));
  await stopPostmaster(left?.pid ?? 0);
  expect(await attachEmbeddedPostgres({ dataDir })).toBeNull();
});
