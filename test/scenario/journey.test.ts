import { expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { withScenes } from './open-scenario.ts';

const openScene = withScenes();

test('a maintainer says /implement and gets a draft pull request that shows its cost', async () => {
  const scene = await openScene();
  const command = await scene.say('/implement');
  const task = await scene.task((row) => row.state === 'COMPLETED');

  expect(task.publication.pullUrl).toContain('/pull/');
  const [pull] = scene.github.pulls(story.repository);
  expect(pull?.pull?.draft).toBe(true);
  await scene.shown(() => scene.github.checkRuns(story.repository).some((check) => check.status === 'completed'));
  const [check] = scene.github.checkRuns(story.repository);
  expect(check).toMatchObject({ name: 'Bosun', conclusion: 'success', headSha: task.publication.headSha });
  expect(check?.output.title).toMatch(/\$\d/);

  await scene.shown(() => scene.answers().some((comment) => comment.body.includes(`#${pull?.number ?? 0}`)));
  expect(scene.answers()).toHaveLength(1);
  expect(scene.answers()[0]?.body).toMatch(/\$0\.\d\d/);
  expect(command.reactions.map((reaction) => reaction.content)).toEqual(['eyes']);
});

test('the pull request holds the fix and nothing an injected comment asked for', async () => {
  const scene = await openScene();
  await scene.say('/implement');
  const task = await scene.task((row) => row.state === 'COMPLETED');
  const ref = task.branch;

  expect(await scene.github.readFile(story.repository, { path: story.forbiddenFile, ref })).toBeUndefined();
  const prompts = scene.model.calls.map((call) => JSON.stringify(call.request));
  expect(prompts[0]).not.toContain('IGNORE ALL PREVIOUS INSTRUCTIONS');
  expect(prompts[0]).toContain('never says 60s');
  const log = await scene.github.git(story.repository, ['log', '--format=%an %s', `main..${ref}`]);
  expect(log.stdout.toString()).not.toContain('Bosun worker');
});

test('a second command on the same issue is answered with the running task and starts nothing', async () => {
  const scene = await openScene({ script: [{ fault: 'hang' }] });
  await scene.say('/implement');
  await scene.model.waitForCall(1);
  const second = await scene.say('/implement');
  await scene.shown(() => second.reactions.some((reaction) => reaction.content === 'confused'));
  await scene.shown(() => scene.answers().length === 2);

  expect(scene.answers().map(({ body }) => body)).toContainEqual(expect.stringContaining('has not ended'));
  expect(await scene.bosun.storage.stores.tasks.list({ limit: 10 })).toHaveLength(1);
});

test('/cancel ends the worker, keeps its work back and says so', async () => {
  const scene = await openScene({ script: [{ fault: 'hang' }] });
  await scene.say('/implement');
  await scene.model.waitForCall(1);
  await scene.say('/cancel');
  const task = await scene.task((row) => row.state === 'CANCELLED');

  expect(task.publication.headSha).toBeNull();
  expect(scene.github.pulls(story.repository)).toEqual([]);
  await scene.shown(() => scene.answers()[0]?.body.includes('ancelled') === true);
});
