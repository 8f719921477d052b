import { expect, test } from 'vitest';
import { decideModelWait } from '../../app/orchestrator/waiting/decide-model-wait.ts';
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

function minutesAfter(waits: number, jitter = 1): number {
  const { wakeAt } = decideModelWait(away, { waits, now: NOW, jitter, keyRefused: null });
  return ((wakeAt?.getTime() ?? 0) - NOW.getTime()) / 60_000;
}

test('a provider that does not answer is waited for, longer each time, and not by all at once', () => {
  expect([0, 1, 2, 3, 5].map((count) => minutesAfter(count))).toEqual([1, 4, 16, 30, 30]);
  expect(minutesAfter(0, 0)).toBe(0.5);
  const { verdict } = decideModelWait(away, { waits: 0, now: NOW, jitter: 0, keyRefused: null });
  expect(verdict).toMatchObject({ to: 'SUBMITTED', reason: 'model', outcome });
});

test('after six waits in a row a person decides', () => {
  const parked = decideModelWait(away, { waits: 6, now: NOW, jitter: 0, keyRefused: null });
  expect(parked).toMatchObject({ verdict: { to: 'SUBMITTED', reason: 'human' }, wakeAt: null });
});

test('every other end stays what it is', () => {
  const refused: Verdict = { to: 'FAILED', outcome, failure: failure('MODEL_AUTH') };
  expect(decideModelWait(refused, { waits: 0, now: NOW, jitter: 0, keyRefused: null })).toEqual({
    verdict: refused,
    wakeAt: null,
  });
});

test('a refused key is waited for without end while the server watches it', () => {
  const refused: Verdict = { to: 'FAILED', outcome, failure: failure('MODEL_AUTH') };
  const keyRefused = 'The model provider refuses the key.';
  const decided = decideModelWait(refused, { waits: 50, now: NOW, jitter: 1, keyRefused });
  expect(decided.verdict).toMatchObject({ to: 'SUBMITTED', reason: 'model', note: keyRefused, outcome });
  expect(decided.wakeAt).toEqual(new Date(NOW.getTime() + 60_000));
});
