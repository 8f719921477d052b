import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { createProcessCompute } from '../../app/compute/process-compute.ts';
import { testCompute } from '../contract/compute.ts';
import { crash, startInOtherProcess, tidy } from './other-process.ts';
import { processesNamed } from './processes-named.ts';
import { QUIET } from './quiet.ts';
import { FIXTURE_ENTRY, MEBIBYTE, requestFor } from './request-for.ts';
import { startListener } from './start-listener.ts';

const directories: string[] = [];

afterAll(async () => {
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true })));
});

describe('compute as processes', () => {
  testCompute({
    walls: false,
    create: async (socketPath) => {
      const directory = await mkdtemp(path.join(tmpdir(), 'bosun-compute-'));
      directories.push(directory);
      return createProcessCompute({
        directory,
        door: { socketPath },
        workerEntry: FIXTURE_ENTRY,
        nodePath: process.execPath,
        log: QUIET,
      });
    },
  });
});

describe('workers that a killed Bosun left behind', () => {
  test('are listed, seen running, and stopped with their daemons', async () => {
    const seconds = '19700101';
    const held = await startInOtherProcess('process', { name: 'family', args: { seconds } });
    onTestFinished(() => tidy(held));
    await crash(held);
    const compute = createProcessCompute({
      directory: held.directory,
      door: { socketPath: '/nowhere' },
      workerEntry: FIXTURE_ENTRY,
      nodePath: process.execPath,
      log: QUIET,
    });
    const [session] = await compute.list();
    expect(session).toEqual({ taskId: 'HELD', epoch: 1 });
    expect(await compute.probe(session!)).toEqual({ kind: 'running' });
    const ended = compute.ended(session!);
    expect(await compute.stop(session!, { graceMs: 0 })).toMatchObject({ kind: 'exited', exitCode: null });
    expect(await ended).toMatchObject({ kind: 'exited' });
    expect(processesNamed(`sleep\0${seconds}\0`)).toBe(0);
    await compute.clean(session!);
    expect(await compute.list()).toEqual([]);
  });

  test.runIf(process.getuid?.() === 0)('a worker of another user owns its places and nothing else', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'bosun-compute-'));
    directories.push(directory);
    await chmod(directory, 0o711);
    const door = await startListener();
    onTestFinished(() => door.close());
    await chmod(path.dirname(door.socketPath), 0o711);
    await chmod(door.socketPath, 0o666);
    const compute = createProcessCompute({
      directory,
      door: { socketPath: door.socketPath },
      workerEntry: FIXTURE_ENTRY,
      nodePath: process.execPath,
      dropTo: { uid: 65_534, gid: 65_534 },
      log: QUIET,
    });
    const session = { taskId: 'A', epoch: 1 };
    const limits = { memoryBytes: 512 * MEBIBYTE };
    await compute.start(requestFor(session, { name: 'look', args: { canary: 'none', sweep: false }, limits }));
    expect(await door.heard()).toMatchObject({
      user: 65_534,
      workDirIsWritable: true,
      jobIsGone: true,
      jobMode: 0o400,
    });
    expect(await compute.ended(session)).toMatchObject({ exitCode: 0 });
    const { uid } = await stat(path.join(directory, 'A-1'));
    expect(uid).toBe(0);
  });

  test('a program that cannot be run is a failed start that names what to check', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'bosun-compute-'));
    directories.push(directory);
    const compute = createProcessCompute({
      directory,
      door: { url: 'http://127.0.0.1:1' },
      workerEntry: FIXTURE_ENTRY,
      nodePath: '/nowhere/node',
      log: QUIET,
    });
    const session = { taskId: 'A', epoch: 1 };
    const result = await compute.start(requestFor(session, { name: 'exit', args: {}, limits: {} }));
    expect(result).toMatchObject({ started: false, remedy: expect.stringContaining('/nowhere/node') });
    expect(await compute.probe(session)).toEqual({ kind: 'unknown' });
  });
});
