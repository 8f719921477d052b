import { expect, test } from 'vitest';
import type { CheckJob, CheckReport } from '../../protocol/index.ts';
import { openWorker } from './worker-harness.ts';

async function runChecks(checks: CheckJob['checks'], change: Partial<CheckJob> = {}) {
  const harness = await openWorker([]);
  const job = { kind: 'check', checks, ...change } as unknown as typeof harness.job;
  const { exitCode } = await harness.run(job);
  const told = harness.door.events.flatMap((event) => (event.type === 'check' ? [event] : []));
  const ended = harness.door.events.findLast((event) => event.type === 'checked');
  const runs = new Map(told.flatMap(({ name, run }) => (run === undefined ? [] : [[name, run] as const])));
  const log = harness.door.events.flatMap((event) => (event.type === 'log' ? [event.text] : [])).join('');
  return { exitCode, told, runs, result: ended?.result, log, door: harness.door };
}

const check = (name: string, run: string, timeoutMs = 30_000) => ({ name, run, timeoutMs });

test.each<[string, string, Partial<CheckReport>]>([
  ['passes', 'echo fine', { exitCode: 0, outputTail: 'fine\n' }],
  ['fails', 'echo broken; exit 3', { exitCode: 3, outputTail: 'broken\n' }],
  ['names a command that is not there', 'no-such-command', { exitCode: 127 }],
  ['does not end in time', 'echo on; sleep 1000', { exitCode: null, timedOut: true }],
])('a check that %s is told as it was', async (_what, run, expected) => {
  const { result, runs, told } = await runChecks([check('one', run, run.includes('sleep') ? 700 : 30_000)]);
  expect(told.map((event) => event.run === undefined)).toEqual([true, false]);
  expect(runs.get('one')).toMatchObject(expected);
  expect(result).toEqual({ ending: 'done' });
});

test('checks run one after the other, also after one that failed, and nothing is pushed', async () => {
  const { door, exitCode, told } = await runChecks([check('first', 'exit 1'), check('second', 'test ! -e work.txt')]);
  expect(exitCode).toBe(0);
  expect(told.map(({ name }) => name)).toEqual(['first', 'first', 'second', 'second']);
  expect(door.requests.filter((request) => request.includes('receive-pack') || request.includes('model'))).toEqual([]);
});

test('a check that prints without end fills neither the log nor the memory', async () => {
  const { log, runs } = await runChecks([check('loud', "yes 'a line of output' | head -c 100000000; echo the end")]);
  expect(runs.get('loud')).toMatchObject({ exitCode: 0 });
  expect(runs.get('loud')?.outputTail).toMatch(/the end\n$/);
  expect(runs.get('loud')?.outputTail.length).toBeLessThanOrEqual(8_192);
  expect(log.length).toBeLessThan(1_300_000);
  expect(log).toContain('[the rest of the output is left out]');
});

test('a report outside of the checkout, or none, is missing', async () => {
  const run = 'ln -s /etc link; echo x > plain.xml';
  const { runs } = await runChecks([{ ...check('outside', run), report: 'link/passwd' }]);
  expect(runs.get('outside')).toMatchObject({ exitCode: 0, report: 'missing' });
});

test('a session whose commit is not there says so, and runs nothing', async () => {
  const author = { workBranch: 'bosun/work', authorName: 'Bosun', authorEmail: 'b@example.com' };
  const git = { startBranch: 'gone', startSha: '1'.repeat(40), ...author };
  const { result, told } = await runChecks([check('one', 'true')], { git });
  expect(told).toEqual([]);
  expect(result).toMatchObject({ ending: 'error' });
});
