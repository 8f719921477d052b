import { expect, test } from 'vitest';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import { withScenes } from './open-scenario.ts';

const openScene = withScenes();

const SCRIPT: ModelScript = [
  { toolUse: [{ name: 'bash', input: { command: 'date +%N > NOW.md' } }] },
  { toolUse: [{ name: 'finish', input: { status: 'done', summary: 'Wrote it.' } }] },
];

test('on the pull request of a task people can ask about it, end it and run it again', async () => {
  const scene = await openScene({ script: SCRIPT });
  await scene.say('/implement');
  const first = await scene.task((row) => row.state === 'COMPLETED');
  const [pull] = scene.github.pulls(story.repository);
  const onPull = scene.on({ repository: story.repository, number: pull?.number ?? 0 });

  expect(await onPull.tell('/status')).toBe('status shown');
  expect(await onPull.answer(/\*\*done\*\*/)).toContain(first.id);
  expect(await onPull.tell('/implement')).toBe('refused: thread kind');

  scene.model.setScript([{ fault: 'hang' }]);
  expect(await onPull.tell('/retry Shorter, please.')).toMatch(/^task /);
  const second = await scene.task((row) => row.state === 'RUNNING');
  expect(second).toMatchObject({ retryOf: first.id, thread: { number: 1, kind: 'issue' } });
  const { author, body, title } = first.text;
  expect(second.text).toMatchObject({ author, body, title, request: 'Shorter, please.' });
  expect(await onPull.tell('/cancel')).toMatch(/^cancel requested/);
  await scene.task((row) => row.state === 'CANCELLED');
});
