import { describe, expect, test } from 'vitest';
import { findWeaknesses, judgeInfo } from '../../app/compute/docker/check-engine.ts';
import { explainEngine, isNameInUse, isUnavailable } from '../../app/compute/docker/engine-errors.ts';
import { describeState } from '../../app/compute/docker/follow-container.ts';

const GIVEN = { socketPath: '/var/run/docker.sock', image: 'bosun-worker' };
const LIMITS = { memoryBytes: 1, processes: 1, diskBytes: 1 };

function answered(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode, json: { message } });
}

describe('what an engine answers', () => {
  test.each<[string, unknown, RegExp]>([
    [
      'nobody listens',
      Object.assign(new Error(), { code: 'ECONNREFUSED' }),
      /no container engine answers at \/var\/run/,
    ],
    ['there is no socket', Object.assign(new Error(), { code: 'ENOENT' }), /no container engine answers/],
    ['the socket is another user’s', Object.assign(new Error(), { code: 'EACCES' }), /this user may not use/],
    ['the init program is missing', answered(400, 'exec: "docker-init": executable file not found'), /no init program/],
    ['the runtime is unknown', answered(400, 'unknown or invalid runtime name: runsc'), /docker\.runtime/],
    ['a directory is not there', answered(400, 'bind source path does not exist: /x'), /cannot mount a directory/],
    [
      'the name is in use (Docker)',
      answered(409, 'The container name "/a" is already in use by container "b"'),
      /another container/,
    ],
    [
      'the name is in use (Podman)',
      answered(500, 'the container name "a" is already in use by 0f'),
      /another container/,
    ],
    ['something else', answered(500, 'out of luck\nand more'), /did not start the worker: out of luck$/],
  ])('%s', (_what, error, reason) => {
    const explained = explainEngine(error, GIVEN);
    expect(explained.reason).toMatch(reason);
    expect(explained.remedy).toMatch(/\.$/);
  });

  test('only an engine that does not answer is an outage', () => {
    expect(isUnavailable(Object.assign(new Error(), { code: 'ECONNRESET' }))).toBe(true);
    expect(isUnavailable(answered(500, 'socket hang up'))).toBe(false);
    expect(isNameInUse(answered(409, 'container is not running'))).toBe(false);
  });
});

describe('an engine is refused', () => {
  test.each([
    ['that numbers users anew', { SecurityOptions: ['name=rootless'] }, null, /rootless/],
    ['that remaps users', { SecurityOptions: ['name=userns'] }, null, /userns-remap/],
    ['that runs Windows', { OSType: 'windows' }, null, /windows/],
    ['without the runtime asked for', { Runtimes: { runc: {} } }, 'runsc', /`runsc`/],
  ])('%s', (_what, info, runtime, reason) => {
    expect(judgeInfo(info, runtime)).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  });

  test('what it cannot limit is only named', () => {
    expect(judgeInfo({ SecurityOptions: ['name=seccomp,profile=default'] }, null)).toBeNull();
    expect(findWeaknesses({ SecurityOptions: [], MemoryLimit: false })).toEqual([
      'memory is not limited',
      'system calls are not filtered (seccomp)',
    ]);
  });
});

describe('an end is out of memory', () => {
  test.each([
    ['137, though the engine does not say so (Podman)', 137, false, null, true],
    ['the engine says so and the worker failed', 1, true, null, true],
    ['the engine says so of a child, and the worker ended well', 0, true, null, false],
    ['137 after a stop', 137, false, 'stop', false],
    ['137 of a worker whose engine went away', 137, false, 'engine', false],
    ['a plain failure', 1, false, null, false],
  ] as const)('%s: %i', (_what, ExitCode, OOMKilled, killed, outOfMemory) => {
    const facts = describeState({ ExitCode, OOMKilled }, { killed, limits: LIMITS, output: '' });
    expect(facts.outOfMemory).toBe(outOfMemory);
  });
});
