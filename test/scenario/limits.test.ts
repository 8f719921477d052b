import { expect, test } from 'vitest';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import { story } from '../../demo/story.ts';
import { withScenarios } from './open-scenario.ts';

const openScenario = withScenarios();
const HANG = [{ fault: 'hang' }] as const;

/** Replaces the file of the story's repository before Bosun looks. */
function repositoryFile(text: string): (github: LocalGitHub) => Promise<void> {
  return async (github) => {
    await github.pushCommit(story.repository, { as: story.maintainer, files: { '.github/bosun.yml': text } });
  };
}

test('a third task in a repository waits with its position and starts when a slot is free', async () => {
  const scenario = await openScenario({ script: HANG });
  const [first, second, third] = [scenario.openIssue(), scenario.openIssue(), scenario.openIssue()];
  await first.commentRouted('/implement');
  await second.commentRouted('/implement');
  await scenario.model.waitForCall(2);
  await third.commentRouted('/implement');
  const waiting = await third.waitForReply(/position \*\*1\*\* of 1/);
  expect(waiting).toContain('Waiting for a free slot');
  expect(waiting).toContain('2 running');
  expect(await third.waitForTask(() => true)).toMatchObject({ state: 'SUBMITTED', wait: { reason: 'slot' } });

  await first.commentRouted('/cancel');
  await scenario.model.waitForCall(3);
  await third.waitForReply(/Working on it/);
});

test('one person has so many tasks at a time, another has their own', async () => {
  const scenario = await openScenario({ script: HANG, settings: { BOSUN_CONCURRENCY_USER: '1' } });
  scenario.github.setPermission(story.repository, story.reporter, 'write');
  const [first, second, third] = [scenario.openIssue(), scenario.openIssue(), scenario.openIssue()];
  await first.commentRouted('/implement');
  await scenario.model.waitForCall(1);
  await second.commentRouted('/implement');
  expect(await second.waitForReply(/of one person/)).toContain('1 of 1 running');
  await third.comment('/implement', { as: story.reporter });
  await scenario.model.waitForCall(2);

  await first.commentRouted('/cancel');
  await second.waitForTask((row) => row.state === 'RUNNING');
});

test('a full server holds tasks of every repository, the one of higher priority first', async () => {
  const scenario = await openScenario({ script: HANG, settings: { BOSUN_CONCURRENCY: '1' } });
  const [running, usual, urgent] = [scenario.openIssue(), scenario.openIssue(), scenario.openIssue()];
  await running.commentRouted('/implement');
  await scenario.model.waitForCall(1);
  await usual.commentRouted('/implement');
  await urgent.commentRouted('/implement --priority 9');
  expect(await urgent.waitForReply(/position \*\*1\*\* of 2/)).toContain('the one server slot is in use');
  await usual.commentRouted('/status');
  await usual.waitForReply(/the one server slot is in use/);
  await running.commentRouted('/cancel');
  await urgent.waitForTask((row) => row.state === 'RUNNING');
  expect(await usual.waitForTask(() => true)).toMatchObject({ state: 'SUBMITTED' });
});

test('more tasks in an hour than one person may start are refused with the time', async () => {
  const scenario = await openScenario({
    script: HANG,
    settings: { BOSUN_CONCURRENCY: '1', BOSUN_TASKS_PER_USER_PER_HOUR: '2' },
  });
  scenario.github.setPermission(story.repository, story.reporter, 'write');
  const [first, second, third] = [scenario.openIssue(), scenario.openIssue(), scenario.openIssue()];
  await first.commentRouted('/implement');
  await second.commentRouted('/implement');
  expect(await third.commentRouted('/implement')).toBe('refused: user rate');
  expect(await third.waitForReply(/limit/)).toMatch(/2 tasks in the last hour.*after \d\d:\d\d UTC/);
  expect(await third.commentRouted('/implement', { as: story.reporter })).toMatch(/^task /);
});

test('a full budget of the day is waited for with the numbers and the time it resets', async () => {
  const scenario = await openScenario({ script: HANG, settings: { BOSUN_BUDGET_REPOSITORY_DAY: '6' } });
  const [first, second] = [scenario.openIssue(), scenario.openIssue()];
  await first.commentRouted('/implement --budget 5');
  await scenario.model.waitForCall(1);
  await second.commentRouted('/implement --budget 4');
  const waiting = (await second.waitForReply(/Waiting for the budget/)).replaceAll('&#36;', '$');
  expect(waiting).toMatch(/repository budget of \$6(\.00)? a day/);
  expect(waiting).toMatch(/\$5(\.00)? reserved/);
  expect(waiting).toMatch(/\$1\.00 left; this task needs \$4\.00/);
  expect(waiting).toMatch(/resets .* 00:00 UTC/);
  expect(waiting).toContain('smaller `--budget`');

  await first.commentRouted('/cancel');
  await second.waitForTask((row) => row.state === 'RUNNING');
});

test.each([
  ['the day of the repository', { BOSUN_BUDGET_REPOSITORY_DAY: '6' }, '', /7.*\$6/],
  ['one task on the server', { BOSUN_BUDGET_TASK: '3' }, '', /7.*\$3/],
  ['the file of the repository', {}, 'budget:\n  day: 2\n', /7.*\$2/],
])('a budget above the cap of %s is refused with the numbers', async (_of, settings, file, numbers) => {
  const scenario = await openScenario({ script: HANG, settings, prepare: repositoryFile(file) });
  expect(await scenario.commentRouted('/implement --budget 7')).toMatch(/^refused/);
  expect(await scenario.waitForReply(/budget/i)).toMatch(numbers);
  expect(await scenario.bosun.storage.stores.tasks.list({ limit: 1 })).toEqual([]);
});

test('money that can never be there is not added to a task either', async () => {
  const scenario = await openScenario({
    script: HANG,
    settings: { BOSUN_CONCURRENCY: '1', BOSUN_BUDGET_TASK: '8', BOSUN_BUDGET_REPOSITORY_DAY: '9' },
  });
  const [first, waiting] = [scenario.openIssue(), scenario.openIssue()];
  await first.commentRouted('/implement --budget 1');
  await waiting.commentRouted('/implement --budget 5');
  expect(await waiting.commentRouted('/budget +4')).toMatch(/^refused/);
  expect(await waiting.waitForReply(/cannot be added/)).toMatch(
    /\$4\.00 cannot be added: .* at most \$8\.00.*`\/budget \+3\.00` or less/,
  );
  expect(await waiting.commentRouted('/budget +2')).toMatch(/^raised/);
  expect((await waiting.waitForTask(() => true)).budgetNano).toBe(7e9);
});

test('the file of a repository lowers how many of its tasks run at once, and what they spend in a day', async () => {
  const scenario = await openScenario({ script: HANG, prepare: repositoryFile('concurrency: 1\nbudget:\n  day: 6\n') });
  const [first, second] = [scenario.openIssue(), scenario.openIssue()];
  await first.commentRouted('/implement --budget 2');
  await scenario.model.waitForCall(1);
  await second.commentRouted('/implement --budget 5');
  await second.waitForReply(/Waiting for (a free slot|the budget)/);
  await first.commentRouted('/cancel');
  await second.waitForTask((row) => row.state === 'RUNNING');
});
