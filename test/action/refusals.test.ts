import { expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { withAction } from './action-harness.ts';

const openHarness = withAction();

test('a comment without a command is skipped, without a word on the issue', async () => {
  const harness = await openHarness();
  const { event } = await harness.say('Thanks, looking into it.');
  const result = await harness.run(event);

  expect(result).toMatchObject({ exitCode: 0, outputs: { conclusion: 'skipped', task_id: '', cost_usd: '0' } });
  expect(harness.answers()).toEqual([]);
  expect(harness.model.calls).toEqual([]);
});

test('someone without write access is refused with a reply', async () => {
  const harness = await openHarness();
  const { comment, event } = await harness.say('/implement', { as: story.stranger });
  const result = await harness.run(event);

  expect(result).toMatchObject({ exitCode: 0, outputs: { conclusion: 'refused', task_id: '' } });
  expect(comment.reactions.map(({ content }) => content)).toEqual(['confused']);
  expect(harness.answers()[0]?.body).toContain('write access');
  expect(harness.model.calls).toEqual([]);
});

test('commands that need a memory are explained, and nothing starts', async () => {
  const harness = await openHarness();
  for (const [command, said] of [
    ['/cancel', 'Cancel its workflow run on the Actions page'],
    ['/budget +5', '/implement --budget 10'],
    ['/status', 'keeps no record of a task'],
  ] as const) {
    const { event } = await harness.say(command);
    expect((await harness.run(event)).outputs).toMatchObject({ conclusion: 'refused', task_id: '' });
    expect(harness.answers().at(-1)?.body).toContain(said);
  }
});

test('a command above the budget of the workflow is refused with the numbers', async () => {
  const harness = await openHarness();
  const { event } = await harness.say('/implement --budget 20');
  const result = await harness.run(event, { inputs: { budget_usd: '2.50' } });

  expect(result.outputs['conclusion']).toBe('refused');
  expect(harness.answers()[0]?.body).toContain('$2.50');
});

test('the same event twice makes one task and one pull request', async () => {
  const harness = await openHarness();
  const { event } = await harness.say('/implement');
  const first = await harness.run(event);
  const second = await harness.run(event);

  expect(first.outputs['pr_number']).toBe('2');
  expect(second).toMatchObject({ exitCode: 0, outputs: { conclusion: 'skipped', pr_number: '' } });
  expect(harness.github.pulls(story.repository)).toHaveLength(1);
  expect(harness.answers()).toHaveLength(1);
});

test('the same event twice makes one pull request also after the status comment was deleted', async () => {
  const harness = await openHarness();
  const { event } = await harness.say('/implement');
  await harness.run(event);
  const [status] = harness.answers();
  harness.github.deleteComment({ repository: story.repository, id: status?.id ?? 0 }, { as: story.maintainer });
  const second = await harness.run(event);

  expect(second.outputs['conclusion']).toBe('skipped');
  expect(harness.github.pulls(story.repository)).toHaveLength(1);
});

test('a second command while a task runs is refused with a link to it', async () => {
  const harness = await openHarness({ script: [{ fault: 'hang' }] });
  const running = await harness.start((await harness.say('/implement')).event);
  await harness.model.waitForCall(1);
  const second = await harness.run((await harness.say('/implement')).event);
  running.signal('SIGTERM');
  await running.done;

  expect(second).toMatchObject({ exitCode: 0, outputs: { conclusion: 'refused' } });
  expect(harness.answers().at(-1)?.body).toMatch(/has not ended .*#issuecomment-/);
});

test('a comment that looks like a running task of ours, but is not, stops nothing', async () => {
  const harness = await openHarness({ script: [{ text: 'Nothing to do.' }] });
  const forged = `<!-- bosun:01M7Y8D1G800XC4JCJTKRHX7CA:${'0'.repeat(40)} -->\n### 🔨 Working`;
  harness.github.comment(harness.thread, { as: 'github-actions[bot]', body: forged });
  const { event } = await harness.say('/implement');

  expect((await harness.run(event)).outputs['task_id']).not.toBe('');
});

test('running a workflow again is another try', async () => {
  const harness = await openHarness({ script: [{ text: 'Nothing to do.' }] });
  const { event } = await harness.say('/implement');
  const first = await harness.run(event);
  const again = await harness.run(event, { runAttempt: 2 });

  expect(again.outputs['task_id']).not.toBe('');
  expect(again.outputs['task_id']).not.toBe(first.outputs['task_id']);
});
