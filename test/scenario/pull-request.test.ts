import { expect, test } from 'vitest';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import { withScenarios } from './open-scenario.ts';

const openScenario = withScenarios();

const SCRIPT: ModelScript = [
  { toolUse: [{ name: 'bash', input: { command: 'date +%N > NOW.md' } }] },
  { toolUse: [{ name: 'finish', input: { status: 'done', summary: 'Wrote it.' } }] },
];

test('on the pull request of a task people can ask about it, end it and run it again', async () => {
  const scenario = await openScenario({ script: SCRIPT });
  await scenario.comment('/implement');
  const first = await scenario.waitForTask((row) => row.state === 'COMPLETED');
  const [pull] = scenario.github.pulls(story.repository);
  const onPull = scenario.on({ repository: story.repository, number: pull?.number ?? 0 });

  expect(await onPull.commentRouted('/status')).toBe('status shown');
  expect(await onPull.waitForReply(/\*\*done\*\*/)).toContain(first.id);
  expect(await onPull.commentRouted('/implement')).toBe('refused: thread kind');

  scenario.model.setScript([{ fault: 'hang' }]);
  expect(await onPull.commentRouted('/retry Shorter, please.')).toMatch(/^task /);
  const second = await scenario.waitForTask((row) => row.state === 'RUNNING');
  expect(second).toMatchObject({ retryOf: first.id, thread: { number: 1, kind: 'issue' } });
  const { author, body, title } = first.text;
  expect(second.text).toMatchObject({ author, body, title, request: 'Shorter, please.' });
  expect(await onPull.commentRouted('/cancel')).toMatch(/^cancel_requested: task /);
  await scenario.waitForTask((row) => row.state === 'CANCELLED');
});
