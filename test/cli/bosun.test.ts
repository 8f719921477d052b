import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { isServing, readPostmaster } from '../../app/store/embedded/postmaster.ts';
import { makeOpenDirectory } from '../support/throwaway-server.ts';

const BOSUN = fileURLToPath(new URL('../../bosun.mjs', import.meta.url));
const OPEN_DATABASE = new URL('../../app/cli/inspect/open-database.ts', import.meta.url).href;
const KEEP_OPEN = `
  const { openDatabase } = await import(process.argv[1]);
  const storage = { databaseUrl: null, dataDir: process.argv[2] };
  await openDatabase(storage, { whenAbsent: 'make', onProgress: () => undefined });
  console.log('open');`;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'bosun-cli-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function bosun(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [BOSUN, ...args], { cwd: directory, env: { NO_COLOR: '1' }, encoding: 'utf8' });
}

test('help goes to stdout, a mistake to stderr with exit code 2', () => {
  const help = bosun('--help');
  expect([help.status, help.stderr]).toEqual([0, '']);
  expect(help.stdout).toContain('Usage: bosun [--env-file PATH] COMMAND [options]');
  const mistake = bosun('tasks', '--sate', 'X');
  expect([mistake.status, mistake.stdout]).toEqual([2, '']);
  expect(mistake.stderr).toBe(
    'bosun: "bosun tasks" has no option --sate; did you mean --state?\n       Run `bosun tasks --help` to see its arguments.\n',
  );
});

test('a failure has exit code 1 and a next step', () => {
  const result = bosun('show', '01KAH3M8RZ0W6Y2F4T5N7Q9XC1');
  expect([result.status, result.stdout]).toEqual([1, '']);
  expect(result.stderr).toContain('there is no database in .bosun yet');
  expect(result.stderr).toContain('Start one with `bosun start`');
});

test('a reader that has seen enough is no error', async () => {
  const child = spawn(process.execPath, [BOSUN, 'doctor', '--settings'], {
    cwd: directory,
    env: { DATABASE_URL: 'postgres://127.0.0.1:1/x', BOSUN_COMPUTE: 'process' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number];
  expect([code, stderr]).toEqual([1, '']);
});

test('a signal does not leave the database running that was started for a look', async () => {
  const base = makeOpenDirectory('bosun-signal-');
  const data = join(base, 'data', 'postgres', 'data');
  const child = spawn(process.execPath, ['--input-type=module', '-e', KEEP_OPEN, OPEN_DATABASE, join(base, 'data')], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: child.stdout }), 'line');
  const before = readPostmaster(data);
  expect(before !== null && isServing(before, data)).toBe(true);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([143, null]);
  expect(before !== null && isServing(before, data)).toBe(false);
  rmSync(base, { recursive: true, force: true });
});

test('a reader of stderr that has exited changes neither the work nor the exit code', async () => {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('../../app/cli/bosun.ts', import.meta.url)), 'nonsense'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  child.stderr?.destroy();
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(2);
}, 60_000);
