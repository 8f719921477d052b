import { describe, expect, test } from 'vitest';
import { decideChecking, type CheckingFacts } from '../../app/orchestrator/checks/decide-checking.ts';
import { SETTINGS } from '../contract/stores/store-harness.ts';

const BEGUN = new Date('2026-11-21T12:00:00.000Z');
const STARTED = new Date('2026-11-21T12:10:00.000Z');
const NOW = new Date('2026-11-21T12:11:00.000Z');

function facts(change: { task?: object; attempt?: object; session?: object } = {}): CheckingFacts {
  return {
    task: { stop: null, settings: SETTINGS, lostAttempts: 0, ...change.task },
    attempt: {
      startedAt: BEGUN,
      heartbeatAt: BEGUN,
      progressAt: BEGUN,
      result: { ending: 'done', summary: '', questions: [], turns: 1 },
      checkedResult: null,
      ...change.attempt,
    },
    session: { kind: 'running', ...change.session } as CheckingFacts['session'],
    startedAt: STARTED,
    heartbeatStaleMs: 180_000,
  };
}

const EXITED = { kind: 'exited', exitCode: null, signal: 'SIGKILL', outOfMemory: false, outputTail: 'cut off' };

describe('a check session', () => {
  test.each([
    [
      'that runs is waited for, by its own clocks',
      facts(),
      { do: 'wait', until: new Date('2026-11-21T12:13:00.000Z') },
    ],
    ['is stopped when a person says so', facts({ task: { stop: { kind: 'cancel' } } }), { do: 'stop', why: 'cancel' }],
    ['is paused when a person says so', facts({ task: { stop: { kind: 'pause' } } }), { do: 'stop', why: 'pause' }],
    [
      'that told its end is over',
      facts({ attempt: { checkedResult: { ending: 'done' } } }),
      { do: 'go_on', lacks: 'one' },
    ],
    [
      'that could not begin costs all of its checks',
      facts({ attempt: { checkedResult: { ending: 'error', reason: 'no clone' } } }),
      { do: 'go_on', lacks: 'everything', cause: 'not_run', note: 'no clone' },
    ],
    [
      'that died costs the check it was at',
      facts({ session: EXITED }),
      { do: 'go_on', lacks: 'one', cause: 'died', silent: false },
    ],
    [
      'that ran out of memory says so',
      facts({ session: { ...EXITED, outOfMemory: true } }),
      { do: 'go_on', cause: 'out_of_memory' },
    ],
    ['that is gone is over', facts({ session: { kind: 'unknown' } }), { do: 'go_on', cause: 'died', silent: false }],
    [
      'ends with the time of the task',
      facts({ task: { settings: { ...SETTINGS, timeoutMs: 600_000 } } }),
      { do: 'stop', why: 'timeout' },
    ],
    [
      'ends when nothing happens',
      facts({ task: { settings: { ...SETTINGS, idleTimeoutMs: 30_000 } } }),
      { do: 'stop', why: 'idle' },
    ],
  ])('%s', (_what, given, expected) => {
    expect(decideChecking(given, NOW)).toMatchObject(expected);
  });

  test('that is silent may only seem to be gone', () => {
    const late = new Date('2026-11-21T12:14:00.000Z');
    expect(decideChecking(facts(), late)).toMatchObject({ do: 'go_on', cause: 'died', silent: true });
  });
});
