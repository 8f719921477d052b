import { expect, test } from 'vitest';
import { decideModelWait } from '../../app/orchestrator/waiting/decide-model-wait.ts';
import type { TaskEvent } from '../../app/task/events.ts';
import { failure } from '../../app/task/failure.ts';
import type { Outcome, Verdict } from '../../app/task/outcome.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const outcome: Outcome = {
  kind: 'partial',
  filesChanged: 1,
  commits: 1,
  verified: 'not_run',
  summary: '',
  questions: [],
  withheld: [],
  turns: 2,
};
const away: Verdict = { to: 'FAILED', outcome, failure: failure('MODEL_UNAVAILABLE') };

function event(kind: TaskEvent['kind'], data: Record<string, unknown>): TaskEvent {
  return { seq: 1, taskId: 'a', epoch: 1, kind, at: NOW, state: 'SUBMITTED', data };
}
function waits(count: number): TaskEvent[] {
  return Array.from({ length: count }, () => event('task.waiting', { reason: 'model' }));
}
function minutesAfter(waited: number, jitter = 1): number {
  const { wakeAt } = decideModelWait(away, { events: waits(waited), now: NOW, jitter });
  return ((wakeAt?.getTime() ?? 0) - NOW.getTime()) / 60_000;
}

test('a provider that does not answer is waited for, longer each time, and not by all at once', () => {
  expect([0, 1, 2, 3, 5].map((count) => minutesAfter(count))).toEqual([1, 4, 16, 30, 30]);
  expect(minutesAfter(0, 0)).toBe(0.5);
  const { verdict } = decideModelWait(away, { events: [], now: NOW, jitter: 0 });
  expect(verdict).toMatchObject({ to: 'SUBMITTED', reason: 'model', outcome });
});

test('after six waits in a row a person decides, and begins a new row', () => {
  const parked = decideModelWait(away, { events: waits(6), now: NOW, jitter: 0 });
  expect(parked).toMatchObject({ verdict: { to: 'SUBMITTED', reason: 'human' }, wakeAt: null });
  const resumed = [...waits(6), event('task.resumed', { by: 'mira' })];
  expect(decideModelWait(away, { events: resumed, now: NOW, jitter: 0 }).verdict).toMatchObject({ reason: 'model' });
  const byItself = [...waits(6), event('task.resumed', { reason: 'model' })];
  expect(decideModelWait(away, { events: byItself, now: NOW, jitter: 0 }).verdict).toMatchObject({ reason: 'human' });
});

test('every other end stays what it is', () => {
  const refused: Verdict = { to: 'FAILED', outcome, failure: failure('MODEL_AUTH') };
  expect(decideModelWait(refused, { events: [], now: NOW, jitter: 0 })).toEqual({ verdict: refused, wakeAt: null });
});
