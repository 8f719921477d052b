import { expect, test } from 'vitest';
import type { PrepareResult } from '../../../protocol/index.ts';
import type { SessionFacts } from '../../../app/compute/compute.ts';
import { decidePreparing, type PreparingFacts } from '../../../app/orchestrator/environment/decide-preparing.ts';

const START = new Date('2026-11-30T12:00:00Z');
const NOW = new Date('2026-11-30T12:00:09Z');
const RUN = { command: 'npm ci', exitCode: 0, durationMs: 5, outputTail: '' };

function decide(change: { session?: SessionFacts; result?: PrepareResult; stop?: 'cancel' | 'pause' } = {}) {
  const facts = {
    task: {
      stop: change.stop === undefined ? null : { kind: change.stop, by: { id: 1, login: 'a' }, at: START },
      settings: { timeoutMs: 60_000, idleTimeoutMs: 30_000 },
      lostAttempts: 0,
    },
    attempt: {
      startedAt: START,
      heartbeatAt: null,
      progressAt: null,
      result: null,
      prepareResult: change.result ?? null,
    },
    session: change.session ?? { kind: 'running' },
    heartbeatStaleMs: 20_000,
    startedAt: START,
    commands: ['npm ci'],
  } as unknown as PreparingFacts;
  return decidePreparing(facts, NOW);
}

function exited(change: Partial<Extract<SessionFacts, { kind: 'exited' }>>): SessionFacts {
  return { kind: 'exited', exitCode: null, signal: 'SIGKILL', outOfMemory: false, outputTail: '', ...change };
}

test('waits while it runs, until the first of its clocks', () => {
  expect(decide()).toEqual({ do: 'wait', until: new Date(START.getTime() + 20_000) });
});

test('continues when set-up ended well', () => {
  expect(decide({ result: { ending: 'ready', runs: [RUN] } })).toMatchObject({
    do: 'go_on',
    prepared: { ok: true, fromSnapshot: false, durationMs: 9_000, command: 'npm ci', exitCode: 0, output: '' },
  });
});

test('continues when set-up failed, with its last lines and the cause', () => {
  const failed = { ...RUN, exitCode: 127, outputTail: 'sh: npm: not found\n' };
  expect(decide({ result: { ending: 'setup_failed', runs: [failed] } })).toMatchObject({
    do: 'go_on',
    prepared: { ok: false, exitCode: 127, output: 'sh: npm: not found', cause: expect.stringContaining('not found') },
  });
});

test.each([
  ['memory', exited({ outOfMemory: true }), /BOSUN_WORKER_MEMORY/],
  ['disk', exited({ outputTail: '[stopped: the worker wrote more than its 5 bytes to disk]\n' }), /BOSUN_WORKER_DISK/],
  ['processes', exited({ outputTail: '[stopped: the worker ran more than its 5 processes]\n' }), /PROCESSES/],
])('a session that a limit of %s ended is a set-up that failed, not a lost attempt', (_name, session, cause) => {
  const decision = decide({ session });
  expect(decision).toMatchObject({ do: 'go_on', prepared: { ok: false, cause: expect.stringMatching(cause) } });
});

test.each<[string, Parameters<typeof decide>[0]]>([
  ['the worker has ended', { session: { kind: 'unknown' } }],
  ['it exited without a result', { session: exited({ exitCode: 4, signal: null }) }],
  ['it exited with 0 and no result', { session: exited({ exitCode: 0, signal: null }) }],
  ['it met an error of its own', { result: { ending: 'error', runs: [], reason: 'no git' } }],
])('the attempt is lost when %s', (_name, change) => {
  expect(decide(change)).toMatchObject({ do: 'lost' });
});

test.each(['cancel', 'pause'] as const)('a person’s %s comes before everything else', (stop) => {
  expect(decide({ stop, result: { ending: 'ready', runs: [RUN] } })).toEqual({ do: 'stop', why: stop });
});
