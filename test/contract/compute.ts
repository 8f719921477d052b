import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Compute, SessionRef, StartRequest } from '../../app/compute/compute.ts';
import { processesNamed } from '../compute/processes-named.ts';
import { startListener } from '../compute/start-listener.ts';
import type { Listener } from '../compute/start-listener.ts';
import { LIMITS, MEBIBYTE, requestFor } from '../compute/request-for.ts';

export interface ComputeUnderTest {
  /** A compute port whose worker is `FIXTURE_ENTRY` and whose door is the socket. */
  readonly create: (socketPath: string) => Promise<Compute>;
  /** Whether walls are promised: nothing of the host to see, nowhere to go. */
  readonly walls: boolean;
  /** Mode of the job file; 0400 where the worker itself owns it. */
  readonly jobMode?: number;
}

/** What every place to run a worker does. */
export function testCompute({ create, walls, jobMode = 0o400 }: ComputeUnderTest): void {
  /** Only where walls are promised; elsewhere there is nothing to test, so nothing is skipped either. */
  function wallTest(name: string, body: () => Promise<void>): void {
    if (walls) {
      test(name, body);
    }
  }

  let door: Listener;
  let compute: Compute;
  let session: SessionRef;

  beforeEach(async () => {
    door = await startListener();
    compute = await create(door.socketPath);
    session = { taskId: randomBytes(8).toString('hex').toUpperCase(), epoch: 1 };
  });

  afterEach(async () => {
    for (const left of await compute.list()) {
      await compute.stop(left, { graceMs: 0 });
      await compute.clean(left);
    }
    await door.close();
  });

  async function play(name: string, args: object = {}, limits: Partial<StartRequest['limits']> = {}): Promise<void> {
    const result = await compute.start(requestFor(session, { name, args, limits }));
    expect(result).toEqual({ started: true });
  }

  /** What the worker tells next; its last words when it ends without. */
  async function heard(): Promise<any> {
    return Promise.race([
      door.heard(),
      compute.ended(session).then((facts) => {
        throw new Error(`the worker ended: ${JSON.stringify(facts)}`);
      }),
    ]);
  }

  test.each([0, 1, 3, 77])('a worker that exits with %i is reported with that code and its output', async (code) => {
    await play('exit', { code });
    expect(await compute.ended(session)).toEqual({
      kind: 'exited',
      exitCode: code,
      signal: null,
      outOfMemory: false,
      outputTail: 'about to exit\n',
    });
    expect(await compute.probe(session)).toMatchObject({ kind: 'exited', exitCode: code });
  });

  test('a worker that dies of a signal is reported with its name', async () => {
    await play('die', { signal: 'SIGUSR2' });
    expect(await compute.ended(session)).toMatchObject({ exitCode: null, signal: 'SIGUSR2', outOfMemory: false });
  });

  test('a worker that continues forever is running until it is stopped', async () => {
    await play('forever');
    expect(await heard()).toBe('ready');
    expect(await compute.probe(session)).toEqual({ kind: 'running' });
    expect(await compute.stop(session, { graceMs: 5_000 })).toMatchObject({ kind: 'exited', signal: 'SIGTERM' });
    expect(await compute.probe(session)).toMatchObject({ kind: 'exited' });
  });

  test('a worker is given time to come to an end of its own', async () => {
    await play('polite');
    expect(await heard()).toBe('ready');
    expect(await compute.stop(session, { graceMs: 10_000 })).toMatchObject({ exitCode: 0, signal: null });
    expect(await door.heard()).toBe('goodbye');
  });

  test('a worker that ignores SIGTERM is killed after the grace, and that is no shortage of memory', async () => {
    await play('stubborn');
    expect(await heard()).toBe('ready');
    const before = performance.now();
    expect(await compute.stop(session, { graceMs: 300 })).toMatchObject({ signal: 'SIGKILL', outOfMemory: false });
    expect(performance.now() - before).toBeGreaterThanOrEqual(290);
    expect(await door.heard()).toBe('no');
  });

  test.each([true, false])('grandchildren and daemons go with the worker (it exits on its own: %s)', async (exit) => {
    const seconds = `1${randomBytes(3).readUIntBE(0, 3)}`;
    await play('family', { seconds, exit });
    expect(await heard()).toBe('ready');
    if (!exit) {
      // A process has its own name only once it has begun to run it
      await expect.poll(() => processesNamed(`sleep\0${seconds}\0`)).toBe(3);
      await compute.stop(session, { graceMs: 0 });
    }
    await compute.ended(session);
    expect(processesNamed(`sleep\0${seconds}\0`)).toBe(0);
  });

  test('a flood of output blocks nothing, and its end is kept', async () => {
    await play('flood', { bytes: 12 * MEBIBYTE });
    const facts = await compute.ended(session);
    expect(facts).toMatchObject({ kind: 'exited', exitCode: 0 });
    const { outputTail } = facts as { outputTail: string };
    expect(outputTail).toMatch(/^\[output cut: \d{8} bytes before this are not kept\]\n/);
    expect(outputTail).toContain('the end of the flood');
    expect(outputTail.length).toBeLessThan(LIMITS.outputBytes + 100);
  });

  test.each(['heap', 'buffers'])(
    'a worker that eats memory (%s) is stopped and said to be out of it',
    async (where) => {
      await play('hog', { where }, { memoryBytes: 300 * MEBIBYTE });
      const facts = await compute.ended(session);
      expect(facts).toMatchObject({ kind: 'exited', outOfMemory: true });
    },
  );

  test('a worker cannot start processes without end', async () => {
    await play('sleepers', { most: 2_000 }, { processes: 64 });
    const ended = compute.ended(session);
    const outcome = await Promise.race([door.heard(), ended]);
    if (walls) {
      expect(outcome.failed).toBe('EAGAIN');
      expect(outcome.count).toBeLessThan(64);
    }
    expect(await ended).toMatchObject({ kind: 'exited', outOfMemory: false });
  });

  test('the environment is empty but for what a program needs, and the job is the only argument', async () => {
    const canary = randomBytes(16).toString('hex');
    process.env.BOSUN_TEST_CANARY = canary;
    try {
      await play('look', { canary: '', sweep: false });
      const seen = await heard();
      const needed = ['HOME', 'LANG', 'NODE_COMPILE_CACHE', 'PATH', 'PWD', 'TMPDIR'];
      expect(Object.keys(seen.environment).filter((name) => !needed.includes(name))).toEqual([]);
      expect(JSON.stringify(seen.environment)).not.toContain(canary);
      expect(seen.argv).toHaveLength(1);
      expect(seen.jobMode).toBe(jobMode);
      expect(seen).toMatchObject({ jobIsGone: true, workDirIsEmpty: true, workDirIsWritable: true });
    } finally {
      delete process.env.BOSUN_TEST_CANARY;
    }
  });

  test('a second start of the same session finds the first', async () => {
    await play('forever');
    expect(await heard()).toBe('ready');
    await play('exit', { code: 9 });
    expect(await compute.probe(session)).toEqual({ kind: 'running' });
    expect(await compute.list()).toEqual([session]);
  });

  test('two starts at once make one worker', async () => {
    await Promise.all([play('forever'), play('forever'), play('forever')]);
    expect(await heard()).toBe('ready');
    const ended = await compute.stop(session, { graceMs: 0 });
    expect(ended).toMatchObject({ kind: 'exited' });
    expect(await compute.list()).toEqual([session]);
  });

  test('the next epoch of a task is another session', async () => {
    await play('forever');
    const next = { ...session, epoch: 2 };
    await compute.start(requestFor(next, { name: 'forever', args: {}, limits: {} }));
    await compute.stop(session, { graceMs: 0 });
    expect(await compute.probe(next)).toEqual({ kind: 'running' });
  });

  test('a session nobody started is unknown, and stopping it is no fault', async () => {
    expect(await compute.probe(session)).toEqual({ kind: 'unknown' });
    expect(await compute.stop(session, { graceMs: 1_000 })).toEqual({ kind: 'unknown' });
    expect(await compute.ended(session)).toEqual({ kind: 'unknown' });
    await compute.clean(session);
    expect(await compute.list()).toEqual([]);
  });

  test('stopping twice, also at once, returns the same twice', async () => {
    await play('forever');
    const both = await Promise.all([compute.stop(session, { graceMs: 0 }), compute.stop(session, { graceMs: 5_000 })]);
    expect(both[0]).toEqual(both[1]);
    expect(await compute.stop(session, { graceMs: 0 })).toEqual(both[0]);
  });

  test('a cleaned session is forgotten, and its name can be used again', async () => {
    await play('exit', { code: 4 });
    await compute.ended(session);
    await compute.clean(session);
    expect(await compute.probe(session)).toEqual({ kind: 'unknown' });
    expect(await compute.list()).toEqual([]);
    await play('exit', { code: 5 });
    expect(await compute.ended(session)).toMatchObject({ exitCode: 5 });
  });

  test('a running session cannot be cleaned', async () => {
    await play('forever');
    await expect(compute.clean(session)).rejects.toThrow(/still running/);
  });

  test('a task id that is no plain name is refused', async () => {
    const request = requestFor({ taskId: '../up', epoch: 1 }, { name: 'exit', args: { code: 0 }, limits: {} });
    await expect(compute.start(request)).rejects.toThrow(/letters and digits/);
  });

  wallTest('nothing of the host can be read or written inside', async () => {
    const canary = randomBytes(16).toString('hex');
    process.env.BOSUN_TEST_CANARY = canary;
    try {
      await play('look', { canary: `${canary.slice(0, 16)}${canary.slice(16)}`, sweep: true });
      const seen = await heard();
      expect(seen).toMatchObject({ inEnvironments: [], inFiles: [], writable: [], capabilities: '0000000000000000' });
      expect(seen.processes).toBeLessThanOrEqual(3);
      expect(seen.user).not.toBe(0);
      expect(seen.wasm).toBe(65_536);
    } finally {
      delete process.env.BOSUN_TEST_CANARY;
    }
  });

  wallTest('there is no way out but the door', async () => {
    const host = createServer();
    host.listen(0, '0.0.0.0');
    const abstract = `bosun-${randomBytes(8).toString('hex')}`;
    const named = createServer();
    named.listen(`\0${abstract}`);
    await Promise.all([once(host, 'listening'), once(named, 'listening')]);
    const outward = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const hostAddress = outward.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
    try {
      await play('network', { hostAddress, hostPort: (host.address() as { port: number }).port, abstract });
      const seen = await heard();
      expect(seen.open).toEqual([]);
      expect(seen.interfaces).toEqual(['lo'].filter((name) => seen.interfaces.includes(name)));
    } finally {
      host.close();
      named.close();
    }
  });

  wallTest('a file, and all files together, end at their limits', async () => {
    await play('files', { most: 64 }, { fileBytes: 16 * MEBIBYTE });
    const seen = await heard();
    expect(seen.oneFile).toEqual({ mebibytes: 16, code: 'EFBIG' });
    expect(seen.manyFiles.code).toBe('ENOSPC');
  });
}
