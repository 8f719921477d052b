import { expect, test } from 'vitest';
import { decideRunning, type RunningFacts } from '../../app/orchestrator/decide-running.ts';

const START = new Date('2026-11-21T10:00:00Z');
const SETTINGS = { timeoutMs: 30 * 60_000, idleTimeoutMs: 15 * 60_000 } as RunningFacts['task']['settings'];
const RESULT = { ending: 'done' } as NonNullable<RunningFacts['attempt']['result']>;
const STOP = { kind: 'cancel', by: { id: 1, login: 'mara' }, at: START } as const;

function minutes(count: number): Date {
  return new Date(START.getTime() + count * 60_000);
}

function facts(change: { task?: object; attempt?: object; session?: RunningFacts['session'] } = {}): RunningFacts {
  return {
    task: { stop: null, settings: SETTINGS, lostAttempts: 0, ...change.task },
    attempt: { startedAt: START, heartbeatAt: null, progressAt: null, result: null, ...change.attempt },
    session: change.session ?? { kind: 'running' },
    heartbeatStaleMs: 180_000,
  };
}

function exited(exitCode: number | null, outOfMemory = false): RunningFacts['session'] {
  return { kind: 'exited', exitCode, signal: exitCode === null ? 'SIGKILL' : null, outOfMemory, outputTail: '' };
}

const ROWS: readonly [string, RunningFacts, Date, object][] = [
  [
    'a fresh worker is waited for until its first heartbeat is overdue',
    facts(),
    minutes(0),
    { do: 'wait', until: minutes(3) },
  ],
  [
    'a worker that reported its end has finished',
    facts({ attempt: { result: RESULT } }),
    minutes(1),
    { do: 'end', session: { kind: 'finished' } },
  ],
  [
    'what was finished counts even when someone cancels in the same moment',
    facts({ attempt: { result: RESULT }, task: { stop: STOP } }),
    minutes(1),
    { do: 'end', session: { kind: 'finished' } },
  ],
  [
    'a clean exit without a report is an end, not a loss',
    facts({ session: exited(0) }),
    minutes(1),
    { do: 'end', session: { kind: 'exited', exitCode: 0, outOfMemory: false } },
  ],
  [
    'a worker killed as if for want of memory gets a second chance',
    facts({ session: exited(null, true) }),
    minutes(1),
    { do: 'lost', why: 'the worker ended with SIGKILL', silent: false },
  ],
  [
    'and no third one',
    facts({ session: exited(null, true), task: { lostAttempts: 1 } }),
    minutes(1),
    { do: 'end', session: { kind: 'exited', exitCode: null, outOfMemory: true } },
  ],
  [
    'running out of memory is an end: it would happen again',
    facts({ session: exited(137, true) }),
    minutes(1),
    { do: 'end', session: { kind: 'exited', exitCode: 137, outOfMemory: true } },
  ],
  [
    'a killed worker is a lost attempt',
    facts({ session: exited(null) }),
    minutes(1),
    { do: 'lost', why: 'the worker ended with SIGKILL', silent: false },
  ],
  [
    'a crash is a lost attempt',
    facts({ session: exited(1) }),
    minutes(1),
    { do: 'lost', why: 'the worker ended with exit code 1', silent: false },
  ],
  [
    'a worker nobody knows is a lost attempt',
    facts({ session: { kind: 'unknown' } }),
    minutes(1),
    { do: 'lost', why: 'the worker has ended', silent: false },
  ],
  ['a cancel stops it', facts({ task: { stop: STOP } }), minutes(1), { do: 'stop', why: 'cancel' }],
  [
    'a killed worker that should stop anyway is stopped, not retried',
    facts({ session: exited(null), task: { stop: STOP } }),
    minutes(1),
    { do: 'stop', why: 'cancel' },
  ],
  [
    'the time limit stops it',
    facts({ attempt: { heartbeatAt: minutes(30), progressAt: minutes(30) } }),
    minutes(30),
    { do: 'stop', why: 'timeout' },
  ],
  [
    'no progress for a quarter of an hour stops it',
    facts({ attempt: { heartbeatAt: minutes(17), progressAt: minutes(2) } }),
    minutes(17),
    { do: 'stop', why: 'idle' },
  ],
  [
    'three minutes without a heartbeat lose it',
    facts({ attempt: { heartbeatAt: minutes(1), progressAt: minutes(1) } }),
    minutes(4),
    { do: 'lost', why: 'the worker sent no heartbeat', silent: true },
  ],
];

test.each(ROWS)('%s', (_name, given, now, decision) => {
  expect(decideRunning(given, now)).toEqual(decision);
});
