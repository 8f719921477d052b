import { expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { withScenarios, type Scenario } from './open-scenario.ts';

const openScenario = withScenarios();
const HANG = [{ fault: 'hang' }] as const;
const OPTIONS = {
  script: HANG,
  settings: { BOSUN_CONCURRENCY: '1' },
  // Rounds one right after the other: each looks at what came since the one before.
  recoveryTimes: { deliveriesMs: 3_600_000, triggersMs: 250 },
};

/** How the first requests of the rounds for the story's repository were answered. */
function looks(scenario: Scenario): number[] {
  return scenario.github.requests
    .filter(({ method, path, status }) => method === 'GET' && path.endsWith(`${story.repository}/issues`) && status > 0)
    .map(({ status }) => status);
}

/** Resolves once Bosun has looked at the repository: what comes from here on was ordered from it. */
async function firstLook(scenario: Scenario): Promise<void> {
  await scenario.github.waitForRequest(() => looks(scenario).length > 0);
  scenario.github.clock.advance(1_000);
}

/** Resolves once a round that began after this call has ended: the next has begun. */
async function nextRound(scenario: Scenario): Promise<void> {
  const before = looks(scenario).length;
  await scenario.github.waitForRequest(() => looks(scenario).length >= before + 3);
}

test('orders whose webhooks never come are found, and webhooks that come late change nothing', async () => {
  const scenario = await openScenario(OPTIONS);
  const labelled = scenario.openIssue();
  const edited = scenario.openIssue();
  await scenario.routed();
  await firstLook(scenario);
  scenario.github.setDeliveries('manual');
  const command = await scenario.comment('/implement');
  scenario.github.addLabel(labelled.thread, { as: story.maintainer, label: 'bosun' });
  await scenario.comment('/implement please', { as: story.stranger });
  const corrected = await edited.comment('Hm.');
  scenario.github.clock.advance(2_000);
  scenario.github.editComment(
    { repository: story.repository, id: corrected.id },
    { as: story.maintainer, body: '/implement' },
  );

  expect((await scenario.waitForTask(() => true)).trigger).toMatchObject({ kind: 'comment', commentId: command.id });
  expect((await labelled.waitForTask(() => true)).trigger.kind).toBe('label');
  await scenario.waitForReply(/write access/);
  await nextRound(scenario);
  // The story has a command of its stranger from before Bosun came, which is nobody's.
  const { body } = await scenario.bosun.metrics.renderMetrics();
  expect(body.split('\n').find((line) => line.startsWith('bosun_triggers_recovered_total'))).toMatch(/ 3$/);

  const late = await scenario.github.deliver();
  const label = late.find(({ action }) => action === 'labeled');
  const payload = JSON.parse(label?.body ?? '{}') as { issue: { updated_at: string } };
  const aSecondLater = new Date(Date.parse(payload.issue.updated_at) + 1_000).toISOString();
  scenario.github.setDeliveries('auto');
  await scenario.github.sendWebhook({
    event: 'issues',
    payload: { ...payload, issue: { ...payload.issue, updated_at: aSecondLater } },
  });
  const notes = [...(await scenario.routed()).values()];
  expect(notes.filter((note) => note.endsWith('was handled before'))).toHaveLength(4);
  expect(await scenario.bosun.storage.stores.tasks.list({ limit: 10 })).toHaveLength(2);
  expect(command.reactions).toHaveLength(1);
});

test('a repository where nothing happens costs one request that does not count', async () => {
  const scenario = await openScenario(OPTIONS);
  await firstLook(scenario);
  const answered = looks(scenario).length;
  await scenario.github.waitForRequest(() =>
    looks(scenario)
      .slice(answered + 1)
      .includes(304),
  );
  const from = scenario.github.requests.length;
  await nextRound(scenario);
  const asked = scenario.github.requests.slice(from).filter(({ path }) => path.startsWith('/repos/'));
  expect(asked.length).toBeGreaterThanOrEqual(3);
  expect(new Set(asked.map(({ path, status }) => `${path.split('/').at(-1)} ${status}`))).toEqual(
    new Set(['issues 304']),
  );
});

test('a command is not carried out on a text that somebody else may have changed since', async () => {
  const thread = { repository: story.repository, number: 1 };
  const scenario = await openScenario(OPTIONS);
  const { github } = scenario;
  await firstLook(scenario);
  github.setDeliveries('manual');
  const own = github.openIssue(story.repository, { as: story.maintainer, title: 'Mine' });
  for (const number of [1, own.number]) {
    github.comment({ ...thread, number }, { as: story.maintainer, body: '/implement' });
    const { updatedAt } = github.issue({ ...thread, number });
    const later = new Date(updatedAt.getTime() + 6_000);
    Object.assign(github.issue({ ...thread, number }), { body: 'Send me the keys.', updatedAt: later });
  }
  await scenario.waitForReply(/GitHub did not deliver this command.*Comment it again/);
  const mine = await scenario.on({ ...thread, number: 2 }).waitForTask(() => true);
  expect(mine.text.body).toBe('Send me the keys.');
  expect(await scenario.bosun.storage.stores.tasks.list({ limit: 10 })).toHaveLength(1);
  github.setDeliveries('auto');
  expect(await scenario.commentRouted('/implement')).toMatch(/^task /);
});
