import { expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { withAction } from './action-harness.ts';

const openWorkshop = withAction();

test('a comment without a command is skipped, without a word on the issue', async () => {
  const shop = await openWorkshop();
  const { event } = await shop.say('Thanks, looking into it.');
  const result = await shop.run(event);

  expect(result).toMatchObject({ exitCode: 0, outputs: { conclusion: 'skipped', task_id: '', cost_usd: '0' } });
  expect(shop.answers()).toEqual([]);
  expect(shop.model.calls).toEqual([]);
});

test('someone without write access is refused with a reply', async () => {
  const shop = await openWorkshop();
  const { comment, event } = await shop.say('/implement', { as: story.stranger });
  const result = await shop.run(event);

  expect(result).toMatchObject({ exitCode: 0, outputs: { conclusion: 'refused', task_id: '' } });
  expect(comment.reactions.map(({ content }) => content)).toEqual(['confused']);
  expect(shop.answers()[0]?.body).toContain('write access');
  expect(shop.model.calls).toEqual([]);
});

test('commands that need a memory are explained, and nothing starts', async () => {
  const shop = await openWorkshop();
  for (const [command, said] of [
    ['/cancel', 'Cancel its workflow run on the Actions page'],
    ['/budget +5', '/implement --budget 10'],
    ['/status', 'keeps no record of a task'],
  ] as const) {
    const { event } = await shop.say(command);
    expect((await shop.run(event)).outputs).toMatchObject({ conclusion: 'refused', task_id: '' });
    expect(shop.answers().at(-1)?.body).toContain(said);
  }
});

test('a command above the budget of the workflow is refused with the numbers', async () => {
  const shop = await openWorkshop();
  const { event } = await shop.say('/implement --budget 20');
  const result = await shop.run(event, { inputs: { budget_usd: '2.50' } });

  expect(result.outputs['conclusion']).toBe('refused');
  expect(shop.answers()[0]?.body).toContain('$2.50');
});

test('the same event twice makes one task and one pull request', async () => {
  const shop = await openWorkshop();
  const { event } = await shop.say('/implement');
  const first = await shop.run(event);
  const second = await shop.run(event);

  expect(first.outputs['pr_number']).toBe('2');
  expect(second).toMatchObject({ exitCode: 0, outputs: { conclusion: 'skipped', pr_number: '' } });
  expect(shop.github.pulls(story.repository)).toHaveLength(1);
  expect(shop.answers()).toHaveLength(1);
});

test('the same event twice makes one pull request also after the status comment was deleted', async () => {
  const shop = await openWorkshop();
  const { event } = await shop.say('/implement');
  await shop.run(event);
  const [status] = shop.answers();
  shop.github.deleteComment({ repository: story.repository, id: status?.id ?? 0 }, { as: story.maintainer });
  const second = await shop.run(event);

  expect(second.outputs['conclusion']).toBe('skipped');
  expect(shop.github.pulls(story.repository)).toHaveLength(1);
});

test('a second command while a task runs is refused with a link to it', async () => {
  const shop = await openWorkshop({ script: [{ fault: 'hang' }] });
  const running = await shop.start((await shop.say('/implement')).event);
  await shop.model.waitForCall(1);
  const second = await shop.run((await shop.say('/implement')).event);
  running.signal('SIGTERM');
  await running.done;

  expect(second).toMatchObject({ exitCode: 0, outputs: { conclusion: 'refused' } });
  expect(shop.answers().at(-1)?.body).toMatch(/has not ended .*#issuecomment-/);
});

test('a comment that looks like a running task of ours, but is not, stops nothing', async () => {
  const shop = await openWorkshop({ script: [{ text: 'Nothing to do.' }] });
  const forged = `<!-- bosun:01M7Y8D1G800XC4JCJTKRHX7CA:${'0'.repeat(40)} -->\n### 🔨 Working`;
  shop.github.comment(shop.thread, { as: 'github-actions[bot]', body: forged });
  const { event } = await shop.say('/implement');

  expect((await shop.run(event)).outputs['task_id']).not.toBe('');
});

test('running a workflow again is another try', async () => {
  const shop = await openWorkshop({ script: [{ text: 'Nothing to do.' }] });
  const { event } = await shop.say('/implement');
  const first = await shop.run(event);
  const again = await shop.run(event, { runAttempt: 2 });

  expect(again.outputs['task_id']).not.toBe('');
  expect(again.outputs['task_id']).not.toBe(first.outputs['task_id']);
});
