import { expect, test } from 'vitest';

import { renderTimeline } from '../../../app/cli/inspect/render-timeline.ts';
import { readEvent, type TaskEvent } from '../../../app/task/events.ts';

const START = new Date('2026-11-21T10:00:00Z');

function event(kind: string, data: unknown = {}, atMs = 0): TaskEvent {
  const at = new Date(START.getTime() + atMs);
  return readEvent({ seq: 1, taskId: 'T', epoch: 1, kind, at, state: 'RUNNING', data });
}

function told(kind: string, data: unknown): string {
  return renderTimeline([event(kind, data)], (text) => text).replace(/^ {2}2026-11-21 10:00:00 {2}\+0\.0s {2}/, '');
}

test.each([
  ['task.submitted', {}, 'submitted'],
  [
    'task.waiting',
    { reason: 'budget', note: 'day is full', wakeAt: '2026-11-22T00:00:00.000Z' },
    'waiting  budget, day is full, until 2026-11-22 00:00:00',
  ],
  ['task.waiting', { reason: 'human', note: null }, 'waiting  human'],
  ['task.resumed', { by: 'mira' }, 'resumed  by mira'],
  ['task.resumed', { reason: 'backoff' }, 'resumed  backoff, is over'],
  ['task.budget_raised', { addNano: 5e9, budgetNano: 1e10, by: 'mira' }, 'budget raised  by $5.00 to $10.00, by mira'],
  ['task.budget_warning', { percent: 80 }, 'budget warning  80 % of the budget spent'],
  ['task.stop_requested', { kind: 'cancel', by: 'mira' }, 'stop requested  cancel, by mira'],
  [
    'task.gate_passed',
    { commits: 1, filesChanged: 2, headSha: '541f04e529e278d3', branch: 'b' },
    'gate passed  1 commit, 2 files, head 541f04e529',
  ],
  [
    'task.published',
    { number: 2, url: 'https://x/pull/2', branch: 'b' },
    'published  pull request #2, https://x/pull/2',
  ],
  ['task.attempt_lost', { why: 'restart', lostAttempts: 1 }, 'attempt lost  restart'],
  ['task.lease_lost', { owner: 'host-1' }, 'lease lost  owner host-1'],
  ['task.ended', { outcome: 'cancelled', by: 'mira' }, 'ended  cancelled, by mira'],
  ['task.note', { note: 'two\nlines \u001B[31m' }, 'note  two lines �[31m'],
])('%s %j reads as a sentence', (kind, data, expected) => {
  expect(told(kind, data)).toBe(expected);
});

test.each([
  [
    'of a newer version',
    'task.checked',
    { commandName: 'npm test', spentNano: 5e8 },
    'checked  command name npm test, spent $0.50',
  ],
  ['without what its kind has', 'task.session_ended', {}, 'session ended'],
  [
    'with another type in a field',
    'task.budget_raised',
    { addNano: '5', by: 'mira' },
    'budget raised  add nano 5, by mira',
  ],
  ['whose data is no object', 'task.note', 'hello', 'note  value hello'],
])('an event %s is shown as it is', (_, kind, data, expected) => {
  expect(told(kind, data)).toBe(expected);
});

test('gaps are shown in the unit that fits', () => {
  const events = [0, 300, 45_300, 345_300, 8_000_000].map((atMs) => event('task.note', { note: 'n' }, atMs));
  const gaps = renderTimeline(events, (text) => text)
    .split('\n')
    .map((line) => /\+\S+/.exec(line)?.[0]);
  expect(gaps).toEqual(['+0.0s', '+0.3s', '+45s', '+5m', '+2h']);
});
