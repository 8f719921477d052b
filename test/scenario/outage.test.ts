import { expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { withScenarios } from './open-scenario.ts';

const openScenario = withScenarios();
const HANG = [{ fault: 'hang' }] as const;

test('what came while Bosun was down is found at the start and carried out exactly once', async () => {
  const scenario = await openScenario({
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
  const failed = scenario.github.deliveries.filter(({ statusCode }) => statusCode === 502);
  const first = await scenario.waitForTask(() => true);
  const labelled = await scenario.on({ repository: story.repository, number: 2 }).waitForTask(() => true);
  expect([first.trigger.kind, labelled.trigger.kind]).toEqual(['comment', 'label']);
  await scenario.waitForReply(/write access/);

  for (const delivery of failed) {
    const again = await scenario.github.redeliver(delivery);
    expect(again.responseBody).toContain('Known already');
  }
  await scenario.routed();
  expect(await scenario.bosun.storage.stores.tasks.list({ limit: 10 })).toHaveLength(2);
  expect((await scenario.waitForTask(() => true)).stop).toBeNull();
});

test('while GitHub does not answer what somebody may do, nothing is allowed or denied; then it works', async () => {
  const scenario = await openScenario({ script: HANG });
  const outage = scenario.github.faults.add({
    path: /\/collaborators\/.*\/permission$/,
    status: 502,
    headers: { 'retry-after': '1' },
    times: Infinity,
  });
  const hit = outage.nextHit();
  const comment = await scenario.comment('/implement');
  await hit;
  expect(await scenario.bosun.storage.stores.tasks.list({ limit: 1 })).toEqual([]);
  expect([scenario.answers(), comment.reactions]).toEqual([[], []]);

  outage.remove();
  const task = await scenario.waitForTask(() => true);
  expect(task.trigger.commentId).toBe(comment.id);
  await scenario.waitUntilShown(() => comment.reactions.length > 0);
  expect(comment.reactions.map(({ content }) => content)).toEqual(['eyes']);
});

test('taking the App off the account ends its tasks, running and waiting', async () => {
  const scenario = await openScenario({ script: HANG, settings: { BOSUN_CONCURRENCY: '1' } });
  await scenario.comment('/implement');
  await scenario.model.waitForCall(1);
  const waiting = scenario.openIssue();
  await waiting.commentRouted('/implement');
  scenario.github.uninstallApp(story.owner);
  const tasks = await Promise.all([
    scenario.waitForTask((row) => row.state === 'CANCELLED'),
    waiting.waitForTask((row) => row.state === 'CANCELLED'),
  ]);
  expect(tasks.map((task) => task.finishedAt !== null)).toEqual([true, true]);
});

test('a trigger comment that is deleted before its task begins takes the task with it', async () => {
  const scenario = await openScenario({ script: HANG, settings: { BOSUN_CONCURRENCY: '1' } });
  await scenario.comment('/implement');
  await scenario.model.waitForCall(1);
  const waiting = scenario.openIssue();
  const comment = await waiting.comment('/implement');
  await waiting.waitForTask((row) => row.state === 'SUBMITTED');
  scenario.github.deleteComment({ repository: story.repository, id: comment.id }, { as: story.maintainer });
  await waiting.waitForTask((row) => row.state === 'CANCELLED');

  const running = scenario.github.comments(scenario.thread).findLast(({ body }) => body === '/implement');
  scenario.github.deleteComment({ repository: story.repository, id: running?.id ?? 0 }, { as: story.maintainer });
  await scenario.routed();
  expect((await scenario.waitForTask(() => true)).stop).toBeNull();
});
