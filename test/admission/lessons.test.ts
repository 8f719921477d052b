import { expect, test } from 'vitest';
import { openAdmission } from './admission-world.ts';

async function openWithLesson() {
  const world = openAdmission();
  await world.stores.lessons.add({
    repositoryId: 1,
    draft: { kind: 'gotcha', text: 'Ask @everyone | `now`.', globs: [] },
    source: { kind: 'check_fixed', taskId: 't', check: 'test' },
    status: 'proposed',
    now: world.now(),
  });
  return world;
}

test('/lesson lists what was learnt, as text that does nothing', async () => {
  const world = await openWithLesson();
  await world.comment('/lesson');
  expect(world.replies().at(-1)).toContain('| L1 | proposed | gotcha | `Ask @everyone now .` | 0 / 0 |');
  expect(world.replies().at(-1)).toContain('No task reads lessons before a person has kept one.');
});

test('a person keeps a lesson, or drops it', async () => {
  const world = await openWithLesson();
  expect(await world.comment('/lesson keep L1')).toContain('lesson L1 kept');
  expect(await world.stores.lessons.list(1)).toMatchObject([{ status: 'active', keptBy: 'maintainer' }]);
  expect(await world.comment('/lesson drop 1')).toContain('lesson L1 dropped');
  expect(await world.stores.lessons.list(1)).toEqual([]);
});

test.each([
  ['/lesson keep L9', 'There is no lesson L9'],
  ['/lesson forget L1', 'Write `/lesson keep L12`'],
  ['/lesson keep', 'Write `/lesson keep L12`'],
])('%s is answered with what to write', async (comment, expected) => {
  const world = await openWithLesson();
  await world.comment(comment);
  expect(world.replies().at(-1)).toContain(expected);
});

test('somebody without write access decides nothing', async () => {
  const world = await openWithLesson();
  await world.comment('/lesson keep L1', { sender: { id: 99, login: 'stranger', isBot: false } });
  expect(await world.stores.lessons.list(1)).toMatchObject([{ status: 'proposed' }]);
});
