import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { SessionRef } from '../../app/compute/compute.ts';
import { createDockerCompute, type DockerComputeOptions } from '../../app/compute/docker-compute.ts';
import { createSessionNames } from '../../app/compute/docker/session-names.ts';
import { openEngine } from '../../app/compute/docker/open-engine.ts';
import { testCompute } from '../contract/compute.ts';
import { QUIET } from './quiet.ts';
import { createEngineProxy } from './engine-proxy.ts';
import { FIXTURE_ENTRY, MEBIBYTE, requestFor } from './request-for.ts';
import { startListener, type Listener } from './start-listener.ts';
import { findTestEngine, TEST_IMAGE } from './test-engine.ts';

const found = await findTestEngine();
const socketPath = found.socketPath ?? '';
const { why } = found;
const directories: string[] = [];

afterAll(async () => {
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true })));
});

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-docker-'));
  directories.push(directory);
  return directory;
}

function place(directory: string, doorSocketPath: string, engineSocket = socketPath): DockerComputeOptions {
  return {
    engine: openEngine(engineSocket),
    socketPath: engineSocket,
    directory,
    doorSocketPath,
    workerEntry: FIXTURE_ENTRY,
    nodePath: process.execPath,
    imageFor: (name) => name ?? TEST_IMAGE,
    runtime: null,
    cpus: null,
    workBytes: 48 * 1024 * 1024,
    compile: 'each time',
    log: QUIET,
  };
}

if (process.env.TEST_NO_SKIPS === '1') {
  test('there is a container engine here', () => {
    expect(why).toBe('');
  });
}

describe.skipIf(found.socketPath === null)(`compute in a container${why === '' ? '' : ` (${why})`}`, () => {
  testCompute({
    walls: true,
    create: async (doorSocketPath) => createDockerCompute(place(await makeDirectory(), doorSocketPath)),
  });

  async function begin(name: string, directory: string): Promise<{ door: Listener; session: SessionRef }> {
    const door = await startListener();
    const session = { taskId: randomBytes(8).toString('hex').toUpperCase(), epoch: 1 };
    const compute = createDockerCompute(place(directory, door.socketPath));
    const request = requestFor(session, { name, args: {}, limits: {} });
    expect(await compute.start(request)).toEqual({ started: true });
    expect(await door.heard()).toBe('ready');
    onTestFinished(async () => {
      const last = createDockerCompute(place(directory, door.socketPath));
      await last.stop(session, { graceMs: 0 });
      await last.clean(session);
      await door.close();
    });
    return { door, session };
  }

  test('continues when Bosun has exited; the next one finds it by its labels and sees its end', async () => {
    const directory = await makeDirectory();
    const { door, session } = await begin('polite', directory);
    const next = createDockerCompute(place(directory, door.socketPath));
    expect(await next.list()).toEqual([session]);
    expect(await next.probe(session)).toEqual({ kind: 'running' });
    const ended = next.ended(session);
    await next.stop(session, { graceMs: 20_000 });
    expect(await door.heard()).toBe('goodbye');
    expect(await ended).toMatchObject({ kind: 'exited', exitCode: 0 });
  });

  test('is not seen, and not stopped, by a Bosun with another directory', async () => {
    const { door, session } = await begin('forever', await makeDirectory());
    const other = createDockerCompute(place(await makeDirectory(), door.socketPath));
    expect(await other.list()).toEqual([]);
    expect(await other.stop(session, { graceMs: 0 })).toEqual({ kind: 'unknown' });
  });

  test('an engine that becomes unavailable loses no worker: the end is seen when it is back', async () => {
    const directory = await makeDirectory();
    const proxy = createEngineProxy(socketPath, path.join(directory, 'engine.sock'));
    await proxy.open();
    onTestFinished(() => proxy.cut());
    const { door, session } = await begin('polite', directory);
    const compute = createDockerCompute(place(directory, door.socketPath, proxy.socketPath));
    const ended = compute.ended(session);
    await expect.poll(() => compute.probe(session)).toEqual({ kind: 'running' });
    await proxy.cut();
    expect(await compute.probe(session)).toEqual({ kind: 'running' });
    const request = requestFor({ ...session, epoch: 2 }, { name: 'exit', args: { code: 0 }, limits: {} });
    expect(await compute.start(request)).toMatchObject({
      started: false,
      isOutage: true,
      reason: expect.stringContaining('no container engine answers'),
    });
    await proxy.open();
    await expect
      .poll(() => compute.stop(session, { graceMs: 20_000 }), { timeout: 30_000 })
      .toMatchObject({ exitCode: 0 });
    expect(await ended).toMatchObject({ kind: 'exited', exitCode: 0, outOfMemory: false });
  });

  test('a container whose start was cut off is no session that ended well, and is started anew', async () => {
    const door = await startListener();
    onTestFinished(() => door.close());
    const directory = await makeDirectory();
    const compute = createDockerCompute(place(directory, door.socketPath));
    const session = { taskId: 'CUT', epoch: 1 };
    const names = createSessionNames(directory);
    const request = requestFor(session, { name: 'exit', args: { code: 7 }, limits: {} });
    const Labels = names.labelsOf(request);
    await openEngine(socketPath).createContainer({
      name: names.nameOf(session),
      Image: TEST_IMAGE,
      Cmd: ['true'],
      Labels,
    });
    expect(await compute.list()).toEqual([session]);
    expect(await compute.probe(session)).toEqual({ kind: 'unknown' });
    expect(await compute.start(request)).toEqual({ started: true });
    expect(await compute.ended(session)).toMatchObject({ exitCode: 7 });
    await compute.clean(session);
  });

  test('writes to disk are limited together', { timeout: 120_000 }, async () => {
    const door = await startListener();
    onTestFinished(() => door.close());
    const compute = createDockerCompute(place(await makeDirectory(), door.socketPath));
    const session = { taskId: 'DISK', epoch: 1 };
    const request = requestFor(session, { name: 'fill-disk', args: {}, limits: { diskBytes: 32 * MEBIBYTE } });
    await compute.start({ ...request, space: 'disk' });
    expect(await compute.ended(session)).toMatchObject({
      signal: 'SIGKILL',
      outOfMemory: false,
      outputTail: expect.stringContaining('[stopped: the worker wrote more than its'),
    });
    await compute.clean(session);
  });
});
