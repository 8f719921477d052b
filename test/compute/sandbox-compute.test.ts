import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createSandboxCompute } from '../../app/compute/sandbox-compute.ts';
import { checkSandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import { explainFailure } from '../../app/compute/sandbox/sandbox-tools.ts';
import { testCompute } from '../contract/compute.ts';
import { crash, startInOtherProcess, tidy } from './other-process.ts';
import { processesNamed } from './processes-named.ts';
import { QUIET } from './quiet.ts';
import { FIXTURE_ENTRY, requestFor } from './request-for.ts';
import { startListener } from './start-listener.ts';

const check = await checkSandbox();
const directories: string[] = [];

afterAll(async () => {
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true })));
});

if (process.env.TEST_NO_SKIPS === '1') {
  test('a sandbox can be made here', () => {
    expect(check).toMatchObject({ ok: true });
  });
}

describe.skipIf(!check.ok)(
  `compute in a sandbox${check.ok ? '' : ` (skipped: ${check.reason}. ${check.remedy})`}`,
  () => {
    testCompute({
      walls: true,
      // Made by root the file is root's, and nobody but the worker is there
      jobMode: process.getuid?.() === 0 ? 0o444 : 0o400,
      create: async (socketPath) =>
        createSandboxCompute({
          ...place(await makeDirectory()),
          doorSocketPath: socketPath,
          workBytes: 48 * 1024 * 1024,
        }),
    });

    test('dies with the Bosun that started it', async () => {
      const seconds = '19700102';
      const held = await startInOtherProcess('sandbox', { name: 'family', args: { seconds } });
      onTestFinished(() => tidy(held));
      await vi.waitUntil(() => processesNamed(`sleep\0${seconds}\0`) === 3, { timeout: 30_000, interval: 10 });
      await crash(held);
      await vi.waitUntil(() => processesNamed(`sleep\0${seconds}\0`) === 0, { timeout: 30_000, interval: 10 });
      const compute = createSandboxCompute({ ...place(held.directory), doorSocketPath: '/nowhere' });
      expect(await compute.stop({ taskId: 'HELD', epoch: 1 }, { graceMs: 0 })).toMatchObject({ kind: 'exited' });
      await compute.clean({ taskId: 'HELD', epoch: 1 });
    });

    test.runIf(process.getuid?.() === 0)('has the same walls when Bosun is an ordinary user', async () => {
      const held = await startInOtherProcess('sandbox', {
        name: 'look',
        args: { canary: 'HELD', sweep: false },
        user: 65_534,
      });
      onTestFinished(() => tidy(held));
      await crash(held);
      expect(held.told).toMatchObject({
        writable: [],
        inEnvironments: [],
        workDirIsWritable: true,
        jobIsGone: true,
        capabilities: '0000000000000000',
        nesting: false,
      });
    });

    test.runIf(process.getuid?.() === 0)('limits processes also when Bosun is an ordinary user', async () => {
      const held = await startInOtherProcess('sandbox', { name: 'sleepers', args: { most: 400 }, user: 65_534 });
      onTestFinished(() => tidy(held));
      await crash(held);
      expect(held.told).toMatchObject({ failed: 'EAGAIN' });
    });

    test('modules compiled ahead are there for every session, and no session can change them', async () => {
      const door = await startListener();
      onTestFinished(() => door.close());
      const directory = await makeDirectory();
      const compute = createSandboxCompute({ ...place(directory), doorSocketPath: door.socketPath, compile: 'ahead' });
      let epoch = 0;
      const seen = await vi.waitUntil(
        async () => {
          const session = { taskId: 'AHEAD', epoch: (epoch += 1) };
          await compute.start(
            requestFor(session, { name: 'look', args: { canary: 'none', sweep: false }, limits: {} }),
          );
          const told = await door.heard();
          await compute.ended(session);
          await compute.clean(session);
          return told.environment.NODE_COMPILE_CACHE === undefined ? null : told;
        },
        { timeout: 10_000, interval: 20 },
      );
      expect(seen).toMatchObject({ environment: { NODE_COMPILE_CACHE: '/bosun/cache' }, writable: [] });
      expect(await compute.list()).toEqual([]);
    });

    test.runIf(process.getuid?.() === 0)('gives workers that start at once a user each', async () => {
      const door = await startListener();
      onTestFinished(() => door.close());
      const sessions = Array.from({ length: 6 }, (_, index) => ({ taskId: `USER${index}`, epoch: 1 }));
      const roots = [await makeDirectory(), await makeDirectory()];
      const computes = roots.map((root) =>
        createSandboxCompute({ ...place(root), doorSocketPath: door.socketPath, compile: 'each time' }),
      );
      const uids = await Promise.all(
        sessions.map(async (session, index) => {
          const compute = computes[index % 2]!;
          const request = requestFor(session, { name: 'polite', args: {}, limits: {} });
          expect(await compute.start(request)).toEqual({ started: true });
          const record = await readFile(path.join(roots[index % 2]!, `USER${index}-1`, 'session.json'), 'utf8');
          return (JSON.parse(record) as { uid: number }).uid;
        }),
      );
      expect(new Set(uids).size).toBe(6);
      await Promise.all(sessions.map((session, index) => computes[index % 2]!.stop(session, { graceMs: 0 })));
    });

    test('keeps the work on disk when asked to', async () => {
      const door = await startListener();
      const directory = await makeDirectory();
      const compute = createSandboxCompute({ ...place(directory), doorSocketPath: door.socketPath, workspace: 'disk' });
      const session = { taskId: 'DISK', epoch: 1 };
      await compute.start(requestFor(session, { name: 'look', args: { canary: 'none', sweep: false }, limits: {} }));
      expect(await door.heard()).toMatchObject({ workDirIsWritable: true });
      await compute.ended(session);
      expect(await readdir(path.join(directory, 'DISK-1', 'work'))).toEqual(['file']);
      await door.close();
    });
  },
);

test('without bubblewrap nothing starts, and the error says how to install it', async () => {
  const compute = createSandboxCompute({
    ...place(await makeDirectory()),
    doorSocketPath: '/nowhere',
    bwrapPath: '/nowhere/bwrap',
  });
  const session = { taskId: 'A', epoch: 1 };
  expect(await compute.start(requestFor(session, { name: 'exit', args: {}, limits: {} }))).toEqual({
    started: false,
    reason: 'bubblewrap (`bwrap`) is not installed',
    remedy: expect.stringContaining('apt-get install bubblewrap'),
  });
  expect(await checkSandbox({ bwrapPath: '/nowhere/bwrap' })).toMatchObject({ ok: false });
});

test.each([
  ['bwrap: No permissions to create new namespace, likely because …', /user\.max_user_namespaces/],
  ['bwrap: setting up uid map: Permission denied', /apparmor_restrict_unprivileged_userns/],
  ['bwrap: Creating new namespace failed: Operation not permitted', /--cap-add SYS_ADMIN/],
  ['bwrap: something else', /bosun doctor/],
])('%s is answered with what to do', (output, remedy) => {
  expect(explainFailure(output).remedy).toMatch(remedy);
});

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-compute-'));
  directories.push(directory);
  return directory;
}

function place(directory: string) {
  return {
    directory,
    workerEntry: FIXTURE_ENTRY,
    nodePath: process.execPath,
    compile: 'each time',
    log: QUIET,
  } as const;
}
