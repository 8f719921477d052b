import { expect, test } from 'vitest';
import { fail, openAdmission } from './admission-world.ts';

test('/retry repeats the flags of the command, and its own flags win', async () => {
  const world = openAdmission();
  await world.comment('/implement Keep the old option. --budget 3 --max-turns 40 --base develop --priority 7');
  const first = await fail(world);
  await world.comment('/retry --max-turns 60');
  const second = await world.task();
  expect(second).toMatchObject({
    retryOf: first.id,
    type: first.type,
    budgetNano: 3_000_000_000,
    priority: 7,
    text: { request: 'Keep the old option.' },
    settings: { maxTurns: 60, baseBranch: 'develop' },
  });
});

test('/retry of a retry still knows the flags of the first command', async () => {
  const world = openAdmission();
  await world.comment('/implement --max-turns 40 --budget 3');
  await fail(world);
  await world.comment('/retry --budget 4');
  await fail(world);
  await world.comment('/retry This time with tests.');
  expect(await world.task()).toMatchObject({
    budgetNano: 4_000_000_000,
    text: { request: 'This time with tests.' },
    settings: { maxTurns: 40 },
  });
});

test('/retry --from-scratch has nothing to continue from', async () => {
  const world = openAdmission();
  await world.comment('/implement --max-turns 40');
  await fail(world);
  await world.comment('/retry --from-scratch');
  expect(await world.task()).toMatchObject({ retryOf: null, settings: { maxTurns: 40 } });
});

test('/retry reads the repository file again, as a person who fixed `setup` expects', async () => {
  const world = openAdmission('setup: npm install --offline\n');
  await world.comment('/implement --max-turns 40');
  const failed = await fail(world);
  expect(failed.settings.setup).toEqual(['npm install --offline']);
  world.changeFile('setup: make\n');
  await world.comment('/retry');
  expect(await world.task()).toMatchObject({ retryOf: failed.id, settings: { setup: ['make'], maxTurns: 40 } });
});

test('a task of an older version, which stored no flags, is retried with the settings it had', async () => {
  const world = openAdmission();
  await world.comment('/implement --max-turns 40 --base develop');
  const { id } = await fail(world);
  const record = world.stores.state.tasks.get(id) ?? expect.fail();
  const { asked: _asked, ...settings } = record.task.settings;
  world.stores.state.tasks.set(id, { ...record, task: { ...record.task, settings } });
  await world.comment('/retry');
  expect((await world.task()).settings).toMatchObject({ maxTurns: 40, baseBranch: 'develop' });
});

test('/retry on a paused task resumes it', async () => {
  const world = openAdmission();
  await world.comment('/implement');
  await world.comment('/pause');
  const paused = await world.task();
  expect(paused.wait?.reason).toBe('paused');
  expect(await world.comment('/retry Use the new name.')).toBe(`resumed task ${paused.id}`);
  expect(await world.task()).toMatchObject({ id: paused.id, wait: { reason: 'slot' } });
  expect((await world.task()).text.request).toBe('Use the new name.');
});

test('flags cannot change a task that has not ended, and the answer says what can be done', async () => {
  const world = openAdmission();
  await world.comment('/implement');
  await world.comment('/pause');
  expect(await world.comment('/retry --budget 9')).toBe('refused: task has not ended');
  expect(world.replies().at(-1)).toMatch(/`\/resume`.*`\/cancel` and then `\/retry`.*`\/budget \+5`/);
  expect((await world.task()).wait?.reason).toBe('paused');
});

test('/implement on an issue with an open pull request of Bosun names it and offers /retry', async () => {
  const world = openAdmission();
  await world.comment('/implement');
  const pullUrl = 'https://github.test/acme/engine/pull/12';
  await fail(world, { pullNumber: 12, pullUrl });
  expect(await world.comment('/implement')).toBe('refused: open pull request');
  expect(world.replies().at(-1)).toContain(pullUrl);
  expect(world.replies().at(-1)).toContain('/retry');
  await world.comment('/retry');
  await fail(world);
  expect(await world.comment('/implement')).toBe('refused: open pull request');
  world.threads.set(12, 'closed');
  expect(await world.comment('/implement')).toMatch(/^task /);
});

test.each([
  ['given after it', 1_000, 'refused: cancelled before it arrived'],
  ['given before it', -1_000, /^task /],
] as const)('a /cancel that arrives before /implement and was %s', async (_when, laterMs, note) => {
  const world = openAdmission();
  const at = new Date(world.now().getTime() + 5_000);
  await world.comment('/cancel', { at: new Date(at.getTime() + laterMs) });
  expect(await world.comment('/implement', { at })).toEqual(
    typeof note === 'string' ? note : expect.stringMatching(note),
  );
});
