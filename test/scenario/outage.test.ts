import { expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { withScenes } from './open-scenario.ts';

const openScene = withScenes();
const HANG = [{ fault: 'hang' }] as const;

test('what came while Bosun was down is found at the start and carried out exactly once', async () => {
  const scene = await openScene({
    script: HANG,
    settings: { BOSUN_CONCURRENCY: '1' },
    async prepare(github) {
      // Nothing listens on port 9: every delivery fails as it does while Bosun is down.
      github.setWebhook({ url: 'http://127.0.0.1:9/', secret: 'nobody hears it' });
      const second = github.openIssue(story.repository, { as: story.reporter, title: 'Another' });
      github.comment({ repository: story.repository, number: 1 }, { as: story.maintainer, body: '/implement' });
      github.addLabel(
        { repository: story.repository, number: second.number },
        { as: story.maintainer, label: 'bosun' },
      );
      github.comment({ repository: story.repository, number: 1 }, { as: story.stranger, body: '/cancel' });
      await github.settled();
      expect(github.deliveries.filter(({ statusCode }) => statusCode === 502).length).toBeGreaterThanOrEqual(3);
    },
  });
  const failed = scene.github.deliveries.filter(({ statusCode }) => statusCode === 502);
  const first = await scene.task(() => true);
  const labelled = await scene.on({ repository: story.repository, number: 2 }).task(() => true);
  expect([first.trigger.kind, labelled.trigger.kind]).toEqual(['comment', 'label']);
  await scene.answer(/write access/);

  for (const delivery of failed) {
    const again = await scene.github.redeliver(delivery);
    expect(again.responseBody).toContain('Known already');
  }
  await scene.routed();
  expect(await scene.bosun.storage.stores.tasks.list({ limit: 10 })).toHaveLength(2);
  expect((await scene.task(() => true)).stop).toBeNull();
});

test('while GitHub does not say what somebody may do, nothing is allowed or denied; then it works', async () => {
  const scene = await openScene({ script: HANG });
  const outage = scene.github.faults.add({
    path: /\/collaborators\/.*\/permission$/,
    status: 502,
    headers: { 'retry-after': '1' },
    times: Infinity,
  });
  const hit = outage.nextHit();
  const comment = await scene.say('/implement');
  await hit;
  expect(await scene.bosun.storage.stores.tasks.list({ limit: 1 })).toEqual([]);
  expect([scene.answers(), comment.reactions]).toEqual([[], []]);

  outage.remove();
  const task = await scene.task(() => true);
  expect(task.trigger.commentId).toBe(comment.id);
  await scene.shown(() => comment.reactions.length > 0);
  expect(comment.reactions.map(({ content }) => content)).toEqual(['eyes']);
});

test('taking the App off the account ends its tasks, running and waiting', async () => {
  const scene = await openScene({ script: HANG, settings: { BOSUN_CONCURRENCY: '1' } });
  await scene.say('/implement');
  await scene.model.waitForCall(1);
  const waiting = scene.openIssue();
  await waiting.tell('/implement');
  scene.github.uninstallApp(story.owner);
  const tasks = await Promise.all([
    scene.task((row) => row.state === 'CANCELLED'),
    waiting.task((row) => row.state === 'CANCELLED'),
  ]);
  expect(tasks.map((task) => task.finishedAt !== null)).toEqual([true, true]);
});

test('a trigger comment that is deleted before its task begins takes the task with it', async () => {
  const scene = await openScene({ script: HANG, settings: { BOSUN_CONCURRENCY: '1' } });
  await scene.say('/implement');
  await scene.model.waitForCall(1);
  const waiting = scene.openIssue();
  const comment = await waiting.say('/implement');
  await waiting.task((row) => row.state === 'SUBMITTED');
  scene.github.deleteComment({ repository: story.repository, id: comment.id }, { as: story.maintainer });
  await waiting.task((row) => row.state === 'CANCELLED');

  const running = scene.github.comments(scene.thread).findLast(({ body }) => body === '/implement');
  scene.github.deleteComment({ repository: story.repository, id: running?.id ?? 0 }, { as: story.maintainer });
  await scene.routed();
  expect((await scene.task(() => true)).stop).toBeNull();
});
