import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';

import { tasksCommand } from '../../../app/cli/inspect/tasks-command.ts';
import { isServing, readPostmaster, stopPostmaster } from '../../../app/store/embedded/postmaster.ts';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import type { PostgresConnection } from '../../../app/store/postgres/driver/connection-settings.ts';
import { migrate } from '../../../app/store/postgres/migrate.ts';
import { createPostgresDatabase } from '../../../app/store/postgres/postgres-database.ts';
import { makeOpenDirectory } from '../../support/throwaway-server.ts';
import { recordOutput } from '../record-output.ts';
import { admit, newTask } from './make-task.ts';

const HOLDER = fileURLToPath(new URL('../../support/hold-embedded.ts', import.meta.url));
const ID = '01KAH3M8RZ0W6Y2F4T5N7Q9XC1';

let base: string;
let holder: ChildProcess;
let connection: PostgresConnection;

beforeAll(async () => {
  base = makeOpenDirectory('bosun-beside-');
  holder = spawn(process.execPath, [HOLDER, join(base, 'data')], { env: {}, stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: holder.stdout as NodeJS.ReadableStream }), 'line')) as [string];
  ({ connection } = JSON.parse(line) as { connection: PostgresConnection });
});
afterAll(async () => {
  holder.kill('SIGKILL');
  const left = readPostmaster(join(base, 'data', 'postgres', 'data'));
  if (left !== null && isServing(left, base)) {
    await stopPostmaster(left.pid);
  }
  rmSync(base, { recursive: true, force: true });
});
beforeEach(() => {
  vi.stubEnv('DATABASE_URL', '');
  vi.stubEnv('BOSUN_DATA_DIR', join(base, 'data'));
});
afterEach(() => vi.unstubAllEnvs());

async function listTasks(): Promise<{ code: number; stdout: string; stderr: string }> {
  const recorded = recordOutput();
  const code = await tasksCommand.run({ args: [], flags: {}, output: recorded.output });
  return { code, stdout: recorded.stdout(), stderr: recorded.stderr() };
}

function serverPid(): number | null {
  const data = join(base, 'data', 'postgres', 'data');
  const found = readPostmaster(data);
  return found !== null && isServing(found, data) ? found.pid : null;
}

test('a look at a running server changes neither its schema nor its life', async () => {
  const before = serverPid();
  const bare = await listTasks();
  expect([bare.code, bare.stderr]).toEqual([1, expect.stringContaining('the database lacks 001-')]);

  const database = await createPostgresDatabase({ connection, maxConnections: 1 });
  await migrate(database);
  await admit(createPostgresStores({ database }), newTask({ id: ID, issue: 1 }), new Date());
  await database.close();
  expect(await listTasks()).toMatchObject({ code: 0, stdout: expect.stringContaining(ID) as string });
  expect(serverPid()).toBe(before);
});

test('where none runs it is started for the moment, and stopped again', async () => {
  holder.stdin?.end();
  await once(holder, 'exit');
  expect(serverPid()).toBeNull();
  expect(await listTasks()).toMatchObject({ code: 0, stdout: expect.stringContaining(ID) as string });
  expect(serverPid()).toBeNull();
});
