import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { openEngine } from '../../app/compute/docker/open-engine.ts';
import { artifactKey } from '../../app/store/artifacts.ts';
import { story } from '../../demo/story.ts';
import { createTestImages } from '../compute/make-images.ts';
import { containerSettings, findTestEngine } from '../compute/test-engine.ts';
import { borrowDatabase } from '../crash/borrow-database.ts';
import { findFaults } from '../crash/find-faults.ts';
import type { Journey } from '../crash/journeys.ts';
import { openMachine } from '../crash/open-machine.ts';
import { startCrashingBosun, type CrashingBosun } from '../crash/start-crashing-bosun.ts';
import { withScenarios } from './open-scenario.ts';
import { openPlace } from './repositories.ts';

const { socketPath, why } = await findTestEngine();
const settings = containerSettings(socketPath ?? '');
const openScene = withScenarios();
const PATIENCE = { timeout: 90_000, interval: 200 };

if (process.env.TEST_NO_SKIPS === '1') {
  test('there is a container engine here', () => {
    expect(why).toBe('');
  });
}

/** The agent waits for a file that only the test makes, so that Bosun can be ended in the middle of its work. */
const WAITING: Journey = {
  name: 'docker restart',
  model: ({ turn }) =>
    turn === 0
      ? {
          toolUse: [
            { name: 'bash', input: { command: 'until [ -e /tmp/go ]; do sleep 0.1; done; echo done > DONE.md' } },
          ],
        }
      : { text: 'Done.' },
  says: [{ body: '/implement' }],
  end: { state: 'COMPLETED', comments: 1, tells: /Draft pull request #\d+/, pulls: 1, file: /^done\n$/ },
};

async function letGo(taskId: string): Promise<void> {
  const engine = openEngine(socketPath ?? '');
  const [found] = await engine.listContainers({ filters: { label: [`bosun.task=${taskId}`] } });
  const exec = await engine.getContainer(found?.Id ?? '').exec({ Cmd: ['touch', '/tmp/go'] });
  await exec.start({ Detach: true });
}

describe.skipIf(socketPath === null)(`workers in containers${why === '' ? '' : ` (${why})`}`, () => {
  test('a whole journey runs in a container', { timeout: 180_000 }, async () => {
    const scenario = await openScene({ compute: 'docker', settings });
    await scenario.comment('/implement');
    const task = await scenario.waitForTask((row) => row.finishedAt !== null);
    expect(task).toMatchObject({ state: 'COMPLETED', outcome: { kind: 'published' } });
    const file = await scenario.github.readFile(story.repository, { path: 'src/format.js', ref: task.branch });
    expect(file).toContain('Rounded once and first');
  });

  test(
    'set-up, agent and tests find what their image sets, and nothing of this machine',
    { timeout: 180_000 },
    async () => {
      const images = createTestImages(openEngine(socketPath ?? ''));
      onTestFinished(() => images.remove());
      const image = await images.derive('variables', {
        changes: [
          'ENV JAVA_HOME=/opt/java RUSTUP_HOME=/usr/local/rustup GOPATH=/go CARGO_HOME=/usr/local/cargo HTTP_PROXY=http://p',
        ],
      });
      const directory = await mkdtemp(path.join(tmpdir(), 'bosun-config-'));
      onTestFinished(() => rm(directory, { recursive: true }));
      const file = path.join(directory, 'bosun.yml');
      await writeFile(file, JSON.stringify({ images: { default: image } }));
      const scenario = await openScene({ compute: 'docker', settings: { ...settings, BOSUN_CONFIG: file } });
      const place = await openPlace(scenario, {
        agent: 'env && echo done > DONE.md',
        config: 'setup: env\nverify: env',
      });
      await place.comment('/implement');
      const task = await place.ended();
      expect(task).toMatchObject({ state: 'COMPLETED', outcome: { verified: 'passed' } });
      for (const name of ['setup.log', 'agent.log', 'verify.log'] as const) {
        const log = await scenario.bosun.storage.artifacts.get(artifactKey({ taskId: task.id, epoch: 1 }, name));
        const lines = Buffer.from(log ?? [])
          .toString()
          .split('\n');
        expect(lines).toEqual(
          expect.arrayContaining(['JAVA_HOME=/opt/java', 'RUSTUP_HOME=/usr/local/rustup', 'GOPATH=/bosun/home/go:/go']),
        );
        expect(lines.filter((line) => /^(HTTP_PROXY|HOSTNAME|VITEST|BOSUN_TEST_)|^CARGO_HOME=.usr/.test(line))).toEqual(
          [],
        );
      }
    },
  );

  test.each<[string, (bosun: CrashingBosun) => Promise<void>]>([
    ['winds down', (bosun) => bosun.stop()],
    ['is killed', (bosun) => bosun.kill()],
  ])('a worker continues while Bosun %s and starts again', { timeout: 180_000 }, async (_how, end) => {
    await borrowDatabase(inject('databaseServer'), async (connection) => {
      const place = await openMachine(connection, WAITING);
      const own = { ...place.settings('first'), ...settings };
      const first = startCrashingBosun({ settings: own });
      await first.ready;
      place.say('/implement');
      await place.model.waitForCall(1);
      const [before] = await place.stores.tasks.list({ limit: 1 });
      await end(first);
      expect(await place.stores.tasks.find(before?.id ?? '')).toMatchObject({ state: 'RUNNING', epoch: 1 });
      const second = startCrashingBosun({ settings: own });
      await second.ready;
      await letGo(before?.id ?? '');
      await expect.poll(() => findFaults(place), PATIENCE).toEqual([]);
      await second.stop();
      const [task] = await place.stores.tasks.list({ limit: 1 });
      expect(task).toMatchObject({ state: 'COMPLETED', epoch: 1, lostAttempts: 0 });
      await place.close();
    });
  });
});
