import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { createDirectoryArtifacts } from '../../app/store/artifacts/directory-artifacts.ts';
import { createS3Artifacts } from '../../app/store/artifacts/s3/s3-artifacts.ts';
import type { Artifacts } from '../../app/store/artifacts.ts';
import type { Task } from '../../app/task/task.ts';
import { borrowDatabase } from '../crash/borrow-database.ts';
import { findFaults } from '../crash/find-faults.ts';
import { JOURNEYS, type Journey } from '../crash/journeys.ts';
import { openMachine, type Place } from '../crash/open-machine.ts';
import { SHORT_TIMES } from '../crash/run-journey.ts';
import { startCrashingBosun, type CrashingBosun } from '../crash/start-crashing-bosun.ts';
import { S3_ENVIRONMENT, withBucket } from '../support/s3.ts';

const bucket = withBucket();
const [publish] = JOURNEYS as [Journey];
const PATIENCE = { timeout: 90_000, interval: 250 };
const TIMEOUT_MS = 180_000;

interface Scene {
  readonly place: Place;
  readonly artifacts: Artifacts;
  /** A Bosun on a machine of its own, which has nothing when the name is new. */
  start(machine: string, fatalPoint?: string): CrashingBosun;
  /** The machine is gone: its processes, its workers and everything on its disk. */
  destroy(machine: string, bosun: CrashingBosun): Promise<void>;
  task(): Promise<Task | null>;
}

/** Plays a journey with artifacts that outlive every machine. */
async function play(
  kind: 'directory' | 's3',
  journey: Journey,
  use: (scenario: Scene) => Promise<void>,
): Promise<void> {
  await borrowDatabase(inject('databaseServer'), async (connection) => {
    const place = await openMachine(connection, journey);
    const at = bucket.place;
    const inBucket = { BOSUN_ARTIFACTS: `s3://${at.bucket}/${at.prefix}`, AWS_ENDPOINT_URL_S3: at.endpointUrl };
    const bosuns: CrashingBosun[] = [];
    try {
      await use({
        place,
        artifacts:
          kind === 's3'
            ? createS3Artifacts(at)
            : createDirectoryArtifacts({ directory: path.join(place.directory, 'artifacts') }),
        start(machine, fatalPoint) {
          const settings = { ...place.settings(machine), ...(kind === 's3' ? inBucket : {}) };
          const fate = { settings, times: SHORT_TIMES, ...(fatalPoint === undefined ? {} : { fatalPoint }) };
          const bosun = startCrashingBosun(fate, kind === 's3' ? S3_ENVIRONMENT : {});
          bosuns.push(bosun);
          return bosun;
        },
        async destroy(machine, bosun) {
          await bosun.kill();
          await killWorkers(path.join(place.directory, machine));
          await rm(path.join(place.directory, machine), { recursive: true });
        },
        async task() {
          const [task = null] = await place.stores.tasks.list({ limit: 1 });
          return task;
        },
      });
    } finally {
      await Promise.all(bosuns.map((bosun) => bosun.kill()));
      await place.close();
    }
  });
}

/** Without replies to people who gave orders before there was a Bosun, which a sweep may or may not have found yet. */
async function findOwnFaults(place: Place): Promise<string[]> {
  const faults = await findFaults(place);
  return faults.filter((fault) => !fault.endsWith(' comments in all'));
}

/** Every process that names the data directory, which no other has. */
async function killWorkers(dataDir: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const files = ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => ''));
    if ((await Promise.all(files)).some((text) => text.includes(dataDir))) {
      process.kill(Number(pid), 'SIGKILL');
    }
  }
}

describe.each(['directory', 's3'] as const)('with artifacts in %s', (kind) => {
  test.each(['step.ended', 'step.before_push'])(
    'a machine that is destroyed at %s loses no work: another one without anything publishes it',
    async (point) => {
      await play(kind, publish, async ({ place, artifacts, start, destroy, task }) => {
        const first = start('first', point);
        await first.ready;
        place.say('/implement');
        expect(await first.gone).toMatchObject({ signal: 'SIGKILL' });
        await destroy('first', first);
        await start('second').ready;
        await expect.poll(() => findOwnFaults(place), PATIENCE).toEqual([]);
        const done = await task();
        expect(done).toMatchObject({ epoch: 1 });
        // What is at GitHub needs no second copy.
        await expect.poll(() => artifacts.list(`${done?.id ?? ''}/1/quarantine`), PATIENCE).toEqual([]);
      });
    },
    TIMEOUT_MS,
  );

  test(
    'a machine that is destroyed while a worker runs: the next attempt begins with what was pushed',
    async () => {
      let isLater = false;
      const journey: Journey = {
        ...publish,
        model: ({ turn }) => {
          const run = (command: string) => ({ toolUse: [{ name: 'bash', input: { command } }] });
          if (isLater) {
            return turn === 0 ? run('cat HALF.md && echo done > DONE.md') : { text: 'Done.' };
          }
          return turn < 6 ? run(`echo half ${turn} > HALF.md`) : { fault: 'hang' };
        },
      };
      await play(kind, journey, async ({ place, artifacts, start, destroy, task }) => {
        const first = start('first');
        await first.ready;
        place.say('/implement');
        await place.model.waitForCall(7);
        const { id } = (await task()) as Task;
        await expect.poll(() => artifacts.list(`${id}/1/quarantine`), PATIENCE).toHaveLength(2);
        expect(await task()).toMatchObject({ state: 'RUNNING', epoch: 1 });
        await destroy('first', first);
        isLater = true;
        await start('second').ready;
        await expect.poll(() => findOwnFaults(place), PATIENCE).toEqual([]);
        const done = (await task()) as Task;
        expect(done.epoch).toBe(2);
        const { owner, name } = done.repository;
        const half = await place.github.readFile(`${owner}/${name}`, { path: 'HALF.md', ref: done.branch });
        expect(half).toMatch(/^half \d\n$/);
      });
    },
    TIMEOUT_MS,
  );
});
