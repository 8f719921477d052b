import { afterEach, expect, test } from 'vitest';
import { NAME, openHarness, type PublishingHarness } from './publishing-harness.ts';

let harness: PublishingHarness;

afterEach(async () => {
  await harness.close();
});

const STEPS = ['gate_passed', 'before_push', 'pushed', 'before_pull', 'pull_opened'] as const;
test.each(STEPS)('a rename at %s is followed, also when the name was looked up a moment ago', async (at) => {
  harness = await openHarness();
  await harness.work({ 'src/sum.js': 'a + b\n' });
  let name: string = NAME;
  // A 404 makes the client look the name up, after which it trusts it for a while.
  const { installationId, repository } = await harness.task();
  await harness.app.installation(installationId).fetchFile(repository, { path: 'none', ref: 'main' });
  const published = await harness.publish({
    onStep: (step) => {
      if (step === at && name === NAME) {
        harness.github.renameRepository(NAME, 'motor');
        name = 'ada/motor';
      }
    },
  });
  expect(published).toMatchObject({ facts: { kind: 'pushed' } });
  expect(name).not.toBe(NAME);
  expect(harness.github.pulls(name)).toHaveLength(1);
  const task = await harness.task();
  expect(await harness.publisher.fetchFacts(task)).toMatchObject({
    facts: { branchSha: task.publication.headSha, pull: { state: 'open' } },
  });
});
