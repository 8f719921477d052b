import { expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { withScenarios } from './open-scenario.ts';

const openScenario = withScenarios();

test('a maintainer comments /implement and gets a draft pull request that shows its cost', async () => {
  const scenario = await openScenario();
  const command = await scenario.comment('/implement');
  const task = await scenario.waitForTask((row) => row.state === 'COMPLETED');

  expect(task.publication.pullUrl).toContain('/pull/');
  const [pull] = scenario.github.pulls(story.repository);
  expect(pull?.pull?.draft).toBe(true);
  await scenario.waitUntilShown(() =>
    scenario.github.checkRuns(story.repository).some((check) => check.status === 'completed'),
  );
  const [check] = scenario.github.checkRuns(story.repository);
  expect(check).toMatchObject({ name: 'Bosun', conclusion: 'success', headSha: task.publication.headSha });
  expect(check?.output.title).toMatch(/\$\d/);

  await scenario.waitUntilShown(() =>
    scenario.answers().some((comment) => comment.body.includes(`#${pull?.number ?? 0}`)),
  );
  expect(scenario.answers()).toHaveLength(1);
  expect(scenario.answers()[0]?.body).toMatch(/\$0\.\d\d/);
  expect(command.reactions.map((reaction) => reaction.content)).toEqual(['eyes']);
});

test('the pull request holds the fix and nothing an injected comment asked for', async () => {
  const scenario = await openScenario();
  await scenario.comment('/implement');
  const task = await scenario.waitForTask((row) => row.state === 'COMPLETED');
  const ref = task.branch;

  expect(await scenario.github.readFile(story.repository, { path: story.forbiddenFile, ref })).toBeUndefined();
  const prompts = scenario.model.calls.map((call) => JSON.stringify(call.request));
  expect(prompts[0]).not.toContain('IGNORE ALL PREVIOUS INSTRUCTIONS');
  expect(prompts[0]).toContain('never says 60s');
  const log = await scenario.github.git(story.repository, ['log', '--format=%an %s', `main..${ref}`]);
  expect(log.stdout.toString()).not.toContain('Bosun worker');
});

test('a second command on the same issue is answered with the running task and starts nothing', async () => {
  const scenario = await openScenario({ script: [{ fault: 'hang' }] });
  await scenario.comment('/implement');
  await scenario.model.waitForCall(1);
  const second = await scenario.comment('/implement');
  await scenario.waitUntilShown(() => second.reactions.some((reaction) => reaction.content === 'confused'));
  await scenario.waitUntilShown(() => scenario.answers().length === 2);

  expect(scenario.answers().map(({ body }) => body)).toContainEqual(expect.stringContaining('has not ended'));
  expect(await scenario.bosun.storage.stores.tasks.list({ limit: 10 })).toHaveLength(1);
});

test('/cancel ends the worker, does not push its work and reports it', async () => {
  const scenario = await openScenario({ script: [{ fault: 'hang' }] });
  await scenario.comment('/implement');
  await scenario.model.waitForCall(1);
  await scenario.comment('/cancel');
  const task = await scenario.waitForTask((row) => row.state === 'CANCELLED');

  expect(task.publication.headSha).toBeNull();
  expect(scenario.github.pulls(story.repository)).toEqual([]);
  await scenario.waitUntilShown(() => scenario.answers()[0]?.body.includes('ancelled') === true);
});
