import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createDockerCompute, type DockerComputeOptions } from '../../app/compute/docker-compute.ts';
import { openEngine } from '../../app/compute/docker/open-engine.ts';
import { testCompute } from '../contract/compute.ts';
import { QUIET } from './quiet.ts';
import { FIXTURE_ENTRY } from './request-for.ts';
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

function place(directory: string, doorSocketPath: string): DockerComputeOptions {
  return {
    engine: openEngine(socketPath),
    socketPath,
    directory,
    doorSocketPath,
    workerEntry: FIXTURE_ENTRY,
    nodePath: process.execPath,
    imageFor: (name) => name ?? TEST_IMAGE,
    runtime: null,
    cpus: null,
    workBytes: 48 * 1024 * 1024,
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
});
