import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { SessionRef } from '../../app/compute/compute.ts';
import { createDockerCompute } from '../../app/compute/docker-compute.ts';
import { openEngine } from '../../app/compute/docker/open-engine.ts';
import { createTestImages } from './make-images.ts';
import { QUIET } from './quiet.ts';
import { FIXTURE_ENTRY, requestFor } from './request-for.ts';
import { startListener, type Listener } from './start-listener.ts';
import { findTestEngine, TEST_IMAGE } from './test-engine.ts';

const { socketPath, why } = await findTestEngine();
const engine = openEngine(socketPath ?? '');
const images = createTestImages(engine);

afterAll(() => images.remove());

interface Stage {
  readonly compute: ReturnType<typeof createDockerCompute>;
  readonly door: Listener;
  readonly session: SessionRef;
  readonly directory: string;
}

async function open(image: string, more: { runtime?: string } = {}): Promise<Stage> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-images-'));
  const door = await startListener();
  const compute = createDockerCompute({
    compile: 'each time',
    engine,
    socketPath: socketPath ?? '',
    directory,
    doorSocketPath: door.socketPath,
    workerEntry: FIXTURE_ENTRY,
    nodePath: process.execPath,
    imageFor: (name) => name ?? image,
    runtime: more.runtime ?? null,
    cpus: null,
    workBytes: 48 * 1024 * 1024,
    log: QUIET,
  });
  onTestFinished(async () => {
    for (const session of await compute.list()) {
      await compute.stop(session, { graceMs: 0 });
      await compute.clean(session);
    }
    await door.close();
    await rm(directory, { recursive: true, force: true });
  });
  const session = { taskId: randomBytes(8).toString('hex').toUpperCase(), epoch: 1 };
  return { compute, door, session, directory };
}

async function startIn(image: string, more: { runtime?: string } = {}): Promise<unknown> {
  const { compute, session } = await open(image, more);
  const started = await compute.start(requestFor(session, { name: 'exit', args: { code: 0 }, limits: {} }));
  expect(await compute.list()).toEqual([]);
  return started;
}

describe.skipIf(socketPath === null)(`images of workers${why === '' ? '' : ` (${why})`}`, () => {
  test.each<[string, () => Promise<string>, RegExp]>([
    ['that does not exist', async () => 'bosun-test:never-made', /has no image `bosun-test:never-made`/],
    ['whose name is none', async () => '::', /has no image `::`/],
    ['without git', () => images.derive('no-git', { run: ['rm', '/usr/bin/git'] }), /has no git that runs/],
    ['without glibc', () => images.makeEmpty('empty'), /no glibc/],
  ])('an image %s is refused with what is missing, and nothing is left behind', async (_what, make, reason) => {
    expect(await startIn(await make())).toEqual({
      started: false,
      reason: expect.stringMatching(reason),
      remedy: expect.stringMatching(/\.$/),
    });
  });

  test('a runtime that the engine does not have is named', async () => {
    expect(await startIn(TEST_IMAGE, { runtime: 'no-such-runtime' })).toMatchObject({
      started: false,
      reason: expect.stringContaining('no-such-runtime'),
    });
  });

  test('what an image sets for itself is replaced: user, entry point, volumes, health check, directory', async () => {
    const image = await images.derive('odd', {
      run: ['sh', '-c', 'mkdir -m 1777 /data && useradd --create-home odd'],
      changes: [
        'USER odd',
        'ENTRYPOINT ["/bin/false"]',
        'CMD ["--help"]',
        'VOLUME /data',
        'WORKDIR /nowhere',
        'HEALTHCHECK CMD touch /data/healthy',
        'LABEL bosun.owner=somebody',
        'ENV PATH=/opt/tools/bin:/usr/bin:/bin SECRET_OF_IMAGE=1',
      ],
    });
    const { compute, door, session } = await open(image);
    const commands = [
      ['sh', '-c', 'id -u; pwd; echo $PATH'],
      ['sh', '-c', 'dd if=/dev/zero of=/data/much bs=1M count=64'],
    ];
    await compute.start(requestFor(session, { name: 'attempt', args: { commands }, limits: {} }));
    const [who, much] = (await door.heard()) as [{ output: string }, { status: number; output: string }];
    expect(who.output).toMatch(/^\d{5,}\n\/\n\/opt\/tools\/bin:\/usr\/bin:\/bin:\/bosun\/bin$/);
    expect(much.status).not.toBe(0);
    expect(much.output).toContain('No space left on device');
    expect(await compute.list()).toEqual([session]);
    expect(await compute.ended(session)).toMatchObject({ exitCode: 0 });
    const volumes = await engine.listVolumes();
    await compute.clean(session);
    expect((await engine.listVolumes()).Volumes.length).toBeLessThanOrEqual(volumes.Volumes.length);
  });

  test('a name in use is no start of ours, and is reported', async () => {
    const { compute, session } = await open(TEST_IMAGE);
    const request = requestFor(session, { name: 'exit', args: { code: 0 }, limits: {} });
    await compute.start(request);
    const [own] = await engine.listContainers({ all: true, filters: { label: [`bosun.task=${session.taskId}`] } });
    const name = own?.Names[0]?.slice(1);
    await compute.ended(session);
    await compute.clean(session);
    expect(name).toMatch(/^bosun-/);
    const foreign = await engine.createContainer({ name: name ?? '', Image: TEST_IMAGE, Cmd: ['true'] });
    try {
      expect(await compute.start(request)).toMatchObject({
        started: false,
        reason: expect.stringContaining('another container has the name'),
        remedy: expect.stringContaining('docker rm'),
      });
      expect(await compute.probe(session)).toEqual({ kind: 'unknown' });
    } finally {
      await foreign.remove({ force: true });
    }
  });
});
