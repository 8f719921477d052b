import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { CheckRun } from '../../app/task/checks/check.ts';
import { fingerprintOf, rateFindings, reproductionStep } from '../../app/task/findings.ts';
import type { Finding } from '../../app/task/review.ts';

const FINDING: Finding = { path: 'src/a.js', line: 2, symbol: 'half', kind: 'correctness', title: 'Rounds', body: 'x' };
const REPRODUCED: Finding = { ...FINDING, reproduction: { command: 'node --test' } };

function run(reading: CheckRun['reading'], change: Partial<CheckRun> = {}) {
  const facts = { commit: 'c', reading, cause: null, exitCode: 1, durationMs: 1, outputTail: 'boom' };
  return {
    name: reproductionStep(REPRODUCED)?.name ?? '',
    run: { ...facts, isFlaky: false, reportKey: null, ...change },
  };
}

test('a fingerprint survives another line and another wording, not another symbol, file or kind', () => {
  const print = fingerprintOf(FINDING);
  expect(fingerprintOf({ ...FINDING, line: 90, title: 'Rounding', body: 'y' })).toBe(print);
  const others: Partial<Finding>[] = [{ symbol: 'third' }, { path: 'src/b.js' }, { kind: 'tests' }];
  others.forEach((other) => expect(fingerprintOf({ ...FINDING, ...other })).not.toBe(print));
});

test.each([
  ['failed in a session of its own', [run('fail')], 'confirmed'],
  ['passed', [run('pass')], 'suspected'],
  ['failed once and passed once', [run('fail', { isFlaky: true })], 'suspected'],
  ['could not run', [run('inconclusive', { cause: 'command_missing' })], 'suspected'],
  ['did not run', [], 'suspected'],
  ['of another finding failed', [{ ...run('fail'), name: 'finding-0' }], 'suspected'],
] as const)('a finding whose reproduction %s', (_, runs, status) => {
  expect(rateFindings([REPRODUCED], runs)).toMatchObject([{ status }]);
});

test('a finding without a reproduction is suspected, and one that is given twice counts once', () => {
  expect(rateFindings([FINDING, { ...FINDING, line: 3 }], [run('fail')])).toMatchObject([
    { status: 'suspected', line: 2 },
  ]);
});

test('a patch that does not apply is a command that is missing, not a failure', () => {
  const step = reproductionStep({ ...FINDING, reproduction: { command: 'true', patch: 'nonsense' } });
  const options = { cwd: '/', stdio: 'ignore' } as const;
  expect(() => execFileSync('sh', ['-c', step?.run ?? ''], options)).toThrow(expect.objectContaining({ status: 127 }));
});
