import { expect, test } from 'vitest';
import type { Outcome } from '../../app/task/outcome.ts';
import { fenceOf } from '../contract/stores/store-harness.ts';
import { MAINTAINER, openAdmission, type AdmissionWorld } from './admission-world.ts';

const ASKED: Outcome = {
  kind: 'question',
  filesChanged: 0,
  commits: 0,
  verified: 'not_run',
  summary: '',
  questions: ['Should negative durations keep their sign?'],
  withheld: [],
  turns: 1,
};

/** A task that waits with these questions. */
async function waiting(questions: readonly string[]): Promise<AdmissionWorld> {
  const world = openAdmission();
  await world.comment('/implement');
  const task = await world.claim();
  await world.stores.tasks.move({
    fence: fenceOf(task),
    to: 'SUBMITTED',
    now: world.now(),
    patch: { outcome: { ...ASKED, questions } },
    wait: { reason: 'human', wakeAt: world.now(), note: null, blockedOn: null },
    event: { kind: 'task.note', data: { note: '' } },
  });
  return world;
}

test.each([
  ['plain words', 'Yes, keep the sign.'],
  ['words that hold a path', 'Yes.\n/usr/share/zoneinfo has the data.'],
])('%s of a writer answer the question and resume the task', async (_what, body) => {
  const world = await waiting(ASKED.questions);
  const before = await world.task();
  expect(await world.comment(body)).toBe(`answered task ${before.id}`);
  const after = await world.task();
  expect(after.wait?.reason).toBe('slot');
  expect(after.text).toMatchObject({ request: before.text.request, sha256: before.text.sha256 });
  expect(after.text.throughCommentId).toBeGreaterThan(before.text.throughCommentId ?? 0);
  expect(await world.comment('Thanks!')).toBe('ignored: no command');
});

test.each([
  ['a stranger', { sender: { id: 9, login: 'stranger', isBot: false } }],
  ['a bot', { sender: { ...MAINTAINER, isBot: true } }],
  ['a writer before the task was asked for', { at: new Date('2026-11-21T09:00:00Z') }],
])('a comment of %s is no answer', async (_who, incoming) => {
  const world = await waiting(ASKED.questions);
  expect(await world.comment('Yes, keep the sign.', incoming)).toBe('ignored: no command');
  expect((await world.task()).wait?.reason).toBe('human');
  expect(world.replies()).toEqual([]);
});

test('a task that waits for a person without a question is not resumed by talk', async () => {
  const world = await waiting([]);
  expect(await world.comment('Yes, keep the sign.')).toBe('ignored: no command');
  expect((await world.task()).wait?.reason).toBe('human');
});
