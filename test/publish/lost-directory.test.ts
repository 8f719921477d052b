import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openHarness, type PublishingHarness } from './publishing-harness.ts';

let harness: PublishingHarness;

beforeEach(async () => {
  harness = await openHarness();
  await harness.work({ 'src/sum.js': 'a + b\n' });
});

afterEach(async () => {
  await harness.close();
});

/** Everything of git that the machine had. */
async function loseDirectories(): Promise<void> {
  const root = join((await harness.attempts.find({ taskId: '01TASK', epoch: 1 }))?.path ?? '', '..', '..', '..');
  await rm(join(root, 'attempts'), { recursive: true });
  await rm(join(root, 'mirrors'), { recursive: true });
}

test('work is published from the artifacts when mirror and quarantine are missing', async () => {
  await loseDirectories();
  expect(await harness.publish()).toMatchObject({ kind: 'done', facts: { kind: 'pushed', filesChanged: 1 } });
  expect(harness.github.pulls('ada/engine')).toHaveLength(1);
});

test('work whose bundle is missing as well is a failure that names the artifact', async () => {
  await loseDirectories();
  const [bundle] = (await harness.artifacts.list('01TASK/1/quarantine')).filter((key) => key.endsWith('.bundle'));
  await harness.artifacts.remove(bundle ?? '');
  expect(await harness.publish()).toMatchObject({
    kind: 'done',
    facts: { kind: 'failed', failure: { code: 'WORK_LOST', detail: expect.stringContaining(bundle ?? 'no bundle') } },
  });
  expect(await harness.keep()).toBeNull();
});
