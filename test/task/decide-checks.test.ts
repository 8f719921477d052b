import { describe, expect, test } from 'vitest';
import type { CheckRun, CheckStep } from '../../app/task/checks/check.ts';
import { decideChecks, type CheckRow } from '../../app/task/checks/decide-checks.ts';
import { missingRun, readReport } from '../../app/task/checks/read-report.ts';

const HEAD = 'a'.repeat(40);
const BASE = 'b'.repeat(40);

function step(change: Partial<CheckStep> = {}): CheckStep {
  return { name: 'test', run: 'npm test', timeoutMs: 1, gate: 'regression', report: null, retry: true, ...change };
}

function row(at: 'head' | 'base', reading: CheckRun['reading'] | 'died', change: Partial<CheckRow> = {}): CheckRow {
  const commit = at === 'head' ? HEAD : BASE;
  const dead = missingRun(commit, { cause: 'died' });
  const run =
    reading === 'died' ? dead : { ...dead, reading, cause: reading === 'inconclusive' ? ('timed_out' as const) : null };
  return { name: 'test', at, try: 1, run, ...change };
}

const asked = { headSha: HEAD, baseSha: BASE };
const again = { try: 2 };

describe('what runs next', () => {
  const cases: [string, CheckStep, CheckRow[], string][] = [
    ['everything at the head', step(), [], 'head 1'],
    ['nothing after a pass', step(), [row('head', 'pass')], 'done'],
    ['what failed, once more', step(), [row('head', 'fail')], 'head 2'],
    ['what died, once more', step(), [row('head', 'died')], 'head 2'],
    ['nothing after what did not end in time', step(), [row('head', 'inconclusive')], 'done'],
    ['the base after two failures', step(), [row('head', 'fail'), row('head', 'fail', again)], 'base 1'],
    ['the base at once where it may not be repeated', step({ retry: false }), [row('head', 'fail')], 'base 1'],
    ['nothing after a failure under strict', step({ gate: 'strict', retry: false }), [row('head', 'fail')], 'done'],
    ['nothing after a flaky pass', step(), [row('head', 'fail'), row('head', 'pass', again)], 'done'],
    ['the base once more', step(), [row('head', 'fail'), row('head', 'fail', again), row('base', 'fail')], 'base 2'],
    [
      'nothing after two at the base',
      step(),
      [row('head', 'fail'), row('head', 'fail', again), row('base', 'fail'), row('base', 'fail', again)],
      'done',
    ],
    [
      'everything again at another head',
      step(),
      [row('head', 'pass', { run: { ...row('head', 'pass').run, commit: 'c'.repeat(40) } })],
      'head 1',
    ],
  ];
  test.each(cases)('%s', (_what, one, rows, expected) => {
    const next = decideChecks({ ...asked, steps: [one] }, rows);
    expect(next.do === 'done' ? 'done' : `${next.session.at} ${next.session.try}`).toBe(expected);
  });

  test('only what is missing runs after a crash', () => {
    const steps = [step(), step({ name: 'lint' })];
    expect(decideChecks({ ...asked, steps }, [row('head', 'pass')])).toMatchObject({
      do: 'run',
      session: { at: 'head', commit: HEAD, try: 1, names: ['lint'] },
    });
  });

  test('a report at the head asks for the one at the base', () => {
    const passed = row('head', 'pass');
    const rows = [{ ...passed, run: { ...passed.run, reportKey: 'key' } }];
    const steps = [step({ report: 'out.sarif', gate: 'info' })];
    expect(decideChecks({ ...asked, steps }, rows)).toMatchObject({ do: 'run', session: { at: 'base' } });
    expect(decideChecks({ ...asked, baseSha: null, steps }, rows)).toMatchObject({ do: 'done' });
  });

  test('what failed once and passed once is a pass that is flaky', () => {
    const rows = [row('head', 'fail'), row('head', 'pass', again)];
    expect(decideChecks({ ...asked, steps: [step()] }, rows)).toMatchObject({
      do: 'done',
      results: [{ head: { reading: 'pass', isFlaky: true }, base: null }],
    });
  });
});

describe('how a run is read', () => {
  const report = { command: 'npm test', exitCode: 0, durationMs: 5, outputTail: '' };
  const at = { commit: HEAD, reportKey: 'key' };
  test.each([
    ['exit 0', {}, 'pass', null],
    ['exit 1', { exitCode: 1 }, 'fail', null],
    ['a missing command', { exitCode: 127 }, 'inconclusive', 'command_missing'],
    ['one that cannot be run', { exitCode: 126 }, 'inconclusive', 'command_missing'],
    ['no end in time', { exitCode: null, timedOut: true }, 'inconclusive', 'timed_out'],
    ['a kill', { exitCode: 137 }, 'inconclusive', 'out_of_memory'],
    [
      'a full heap',
      { exitCode: 134, outputTail: 'FATAL: JavaScript heap out of memory' },
      'inconclusive',
      'out_of_memory',
    ],
    ['an abort', { exitCode: 134 }, 'fail', null],
    ['a signal', { exitCode: null }, 'inconclusive', 'died'],
  ])('%s', (_what, change, reading, cause) => {
    expect(readReport({ ...report, ...change }, at)).toMatchObject({ reading, cause, reportKey: null });
  });

  test('a report that was sent has its key, and one that is too large is said', () => {
    expect(readReport({ ...report, report: 'sent' }, at).reportKey).toBe('key');
    expect(readReport({ ...report, report: 'too_large' }, at)).toMatchObject({
      reportKey: null,
      outputTail: expect.stringContaining('larger than 8 MiB') as string,
    });
  });
});
