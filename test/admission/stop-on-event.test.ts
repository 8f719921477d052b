import { expect, test } from 'vitest';
import type { Cause, Incoming } from '../../app/admission/incoming.ts';
import { MAINTAINER, fail, openAdmission, type AdmissionWorld } from './admission-world.ts';

const CLOSED: Cause = { kind: 'closed' };
const LABELED: Cause = { kind: 'label', label: 'bosun' };
const UNLABELED: Cause = { kind: 'unlabeled', label: 'Bosun' };

async function open(file: string, trigger: Cause): Promise<AdmissionWorld> {
  const world = openAdmission(file);
  await world.happens(trigger);
  return world;
}

test.each([
  ['closing the issue', CLOSED, 'closed'],
  ['removing the label', UNLABELED, 'unlabeled'],
] as const)('%s ends a task that waits and cancels one that runs', async (_what, cause, event) => {
  const waiting = await open('', LABELED);
  expect(await waiting.happens(cause)).toMatch(/^cancelled: task/);
  expect(await waiting.task()).toMatchObject({
    state: 'CANCELLED',
    stop: { kind: 'cancel', by: { login: MAINTAINER.login }, event },
  });
  const running = await open('', LABELED);
  await running.claim();
  expect(await running.happens(cause)).toMatch(/^cancel_requested: task/);
  expect(await running.task()).toMatchObject({ state: 'HYDRATING', stop: { kind: 'cancel', event } });
});

const bot = { sender: { ...MAINTAINER, isBot: true } };
const earlier = { at: new Date('2026-11-21T09:00:00Z') };

test.each<[string, string, Cause, Cause, Partial<Incoming>]>([
  ['closed, and the file names neither', 'stop_on: []\n', LABELED, CLOSED, {}],
  ['unlabeled, and the file names neither', 'stop_on: []\n', LABELED, UNLABELED, {}],
  ['closed, and the file names the label only', 'stop_on: [unlabeled]\n', LABELED, CLOSED, {}],
  ['unlabeled, and the file names closing only', 'stop_on: [closed]\n', LABELED, UNLABELED, {}],
  ['closed by a bot', '', LABELED, CLOSED, bot],
  ['unlabeled by a bot', '', LABELED, UNLABELED, bot],
  ['closed before the task was asked for', '', LABELED, CLOSED, earlier],
  ['relieved of a label that is no command', '', LABELED, { kind: 'unlabeled', label: 'bug' }, {}],
  [
    'relieved of a label, and a comment started the task',
    '',
    { kind: 'comment', commentId: 9, url: 'https://github.test/9', body: '/implement' },
    UNLABELED,
    {},
  ],
])('an issue that is %s keeps its task', async (_what, file, trigger, cause, incoming) => {
  const world = await open(file, trigger);
  expect(await world.happens(cause, incoming)).toMatch(/^ignored/);
  expect(await world.task()).toMatchObject({ state: 'SUBMITTED', stop: null });
});

test.each([
  ['merged', /^ignored: closed by the merge/],
  ['open', /^cancelled/],
  ['closed', /^cancelled/],
] as const)('an issue is closed while the pull request of the last task is %s', async (state, note) => {
  const world = openAdmission();
  await world.comment('/implement');
  await fail(world, { pullNumber: 12, pullUrl: 'https://github.test/acme/engine/pull/12' });
  await world.comment('/retry');
  world.pulls.set(12, state);
  expect(await world.happens(CLOSED)).toMatch(note);
});

test('an issue without a task is closed, and nothing happens', async () => {
  expect(await openAdmission().happens(CLOSED)).toMatch(/^ignored/);
});
