import { expect, test } from 'vitest';
import { withScenarios } from './open-scenario.ts';

const openScenario = withScenarios();

test('a server that GitHub cannot reach answers commands within seconds, each once', async () => {
  const scenario = await openScenario({ settings: { BOSUN_INTAKE: 'poll' }, recoveryTimes: { pollMs: 250 } });
  // A name that never resolves: each delivery fails, and GitHub keeps it.
  scenario.github.setWebhook({ url: 'http://bosun.invalid/api/github/webhooks', secret: 'never used' });
  const { thread } = scenario;
  const command = await scenario.comment('/implement');
  const task = await scenario.waitForTask(({ state }) => state === 'COMPLETED');
  expect(task.trigger).toMatchObject({ kind: 'comment', commentId: command.id });
  await scenario.github.settled();
  const deliveries = scenario.github.deliveries.filter(({ event }) => event === 'issue_comment');
  expect(deliveries.length).toBeGreaterThan(0);
  expect(deliveries.every(({ statusCode }) => statusCode < 200 || statusCode > 299)).toBe(true);
  const replies = scenario.github.comments(thread).filter(({ user }) => user.login === scenario.github.app.botLogin);
  expect(replies.filter(({ body }) => body.includes(task.id))).toHaveLength(1);
});
