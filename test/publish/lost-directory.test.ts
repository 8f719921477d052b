import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openHarness, type PublishingHarness } from './publishing-harness.ts';

let desk: PublishingHarness;

beforeEach(async () => {
  desk = await openHarness();
  await desk.work({ 'src/sum.js': 'a + b\n' });
});

afterEach(async () => {
  await desk.close();
});

/** Everything of git that the machine had. */
async function loseDirectories(): Promise<void> {
  const root = join((await desk.attempts.find({ taskId: '01TASK', epoch: 1 }))?.path ?? '', '..', '..', '..');
  await rm(join(root, 'attempts'), { recursive: true });
  await rm(join(root, 'mirrors'), { recursive: true });
}

test('work is published from the artifacts when mirror and quarantine are gone', async () => {
  await loseDirectories();
  expect(await desk.publish()).toMatchObject({ kind: 'done', facts: { kind: 'pushed', filesChanged: 1 } });
  expect(desk.github.pulls('ada/engine')).toHaveLength(1);
});

test('work whose bundle is gone as well is a failure that names the artifact', async () => {
  await loseDirectories();
  const [bundle] = (await desk.artifacts.list('01TASK/1/quarantine')).filter((key) => key.endsWith('.bundle'));
  await desk.artifacts.remove(bundle ?? '');
  expect(await desk.publish()).toMatchObject({
    kind: 'done',
    facts: { kind: 'failed', failure: { code: 'WORK_LOST', detail: expect.stringContaining(bundle ?? 'no bundle') } },
  });
  expect(await desk.keep()).toBeNull();
});
