import { expect, test } from 'vitest';
import type { CheckResult, CheckRun, CheckStep } from '../../../app/task/checks/check.ts';
import { decideVerdict, type VerdictFacts } from '../../../app/task/checks/decide-verdict.ts';
import { readCheck } from '../../../app/task/checks/read-check.ts';
import type { CriterionAnswer, Weakening, WorkVerdict } from '../../../app/task/checks/verdict.ts';

type Reading = CheckRun['reading'];
type Gate = CheckStep['gate'];

const INCONCLUSIVE = { died: 137, timed_out: null, command_missing: 127, out_of_memory: 137, not_run: null } as const;

function run(reading: Reading, more: Partial<CheckRun> = {}): CheckRun {
  return {
    commit: 'a'.repeat(40),
    reading,
    cause: reading === 'inconclusive' ? 'died' : null,
    exitCode: reading === 'pass' ? 0 : 1,
    durationMs: 1_200,
    outputTail: reading === 'fail' ? 'expected 2, got 3' : '',
    isFlaky: false,
    reportKey: null,
    ...more,
  };
}

function check(gate: Gate, base: Reading | null, head: Reading | CheckRun): CheckResult {
  return {
    step: { name: 'test', run: 'npm test', timeoutMs: 60_000, gate, report: null, retry: true },
    base: base === null ? null : run(base),
    head: typeof head === 'string' ? run(head) : head,
  };
}

function decide(facts: Partial<VerdictFacts>): WorkVerdict | null {
  return decideVerdict({
    checks: [],
    weakened: [],
    criteria: [],
    judge: { kind: 'off' },
    fixes: { used: 0, allowed: 2 },
    earlierFingerprints: [],
    ...facts,
  });
}

function codes(verdict: WorkVerdict | null): string[] {
  return verdict?.reasons.map(({ code }) => code) ?? [];
}

const WEAKENED: Weakening = {
  kind: 'test_deleted',
  path: 'test/sum.test.ts',
  message: 'A file with tests was deleted.',
};
const CRITERIA = [
  { id: 'C1', text: 'It sums.' },
  { id: 'C2', text: 'It is documented.' },
];

function answers(...given: CriterionAnswer['answer'][]): VerdictFacts['judge'] {
  return {
    kind: 'answered',
    model: 'scripted',
    answers: given.map((answer, index) => ({ id: `C${index + 1}`, answer, evidence: null, note: '' })),
  };
}

test.each<[Gate, Reading | null, Reading, string, string]>([
  ['strict', 'pass', 'pass', 'good', 'pass'],
  ['strict', 'fail', 'fail', 'broken_before', 'block'],
  ['strict', 'pass', 'fail', 'regression', 'block'],
  ['strict', 'fail', 'pass', 'fixed', 'pass'],
  ['strict', 'pass', 'inconclusive', 'inconclusive', 'person'],
  ['strict', null, 'pass', 'good', 'pass'],
  ['strict', null, 'fail', 'failing', 'block'],
  ['strict', 'inconclusive', 'fail', 'failing', 'block'],
  ['strict', 'inconclusive', 'pass', 'good', 'pass'],
  ['regression', 'pass', 'pass', 'good', 'pass'],
  ['regression', 'fail', 'fail', 'broken_before', 'pass'],
  ['regression', 'pass', 'fail', 'regression', 'block'],
  ['regression', 'fail', 'pass', 'fixed', 'pass'],
  ['regression', 'pass', 'inconclusive', 'inconclusive', 'person'],
  ['regression', 'inconclusive', 'fail', 'inconclusive', 'person'],
  ['regression', null, 'fail', 'inconclusive', 'person'],
  ['regression', 'inconclusive', 'pass', 'good', 'pass'],
  ['info', 'pass', 'fail', 'regression', 'pass'],
  ['info', 'fail', 'fail', 'broken_before', 'pass'],
  ['info', 'pass', 'inconclusive', 'inconclusive', 'pass'],
  ['info', null, 'fail', 'inconclusive', 'pass'],
])('%s: %s at the base and %s at the head is %s: %s', (gate, base, head, reading, effect) => {
  expect(readCheck(check(gate, base, head))).toEqual({ reading, effect });
});

test('nothing configured that could say anything: no verdict, which is not a pass', () => {
  expect(decide({ weakened: [WEAKENED] })).toBeNull();
});

test('no gate blocks: PASSED, and what was broken before is said', () => {
  const verdict = decide({ checks: [check('regression', 'fail', 'fail')] });
  expect(verdict?.kind).toBe('PASSED');
  expect(codes(verdict)).toEqual(['BROKEN_BEFORE']);
});

test('a check that passed only the second time is said as flaky', () => {
  const verdict = decide({ checks: [check('strict', 'pass', run('pass', { isFlaky: true }))] });
  expect(verdict?.kind).toBe('PASSED');
  expect(codes(verdict)).toEqual(['FLAKY']);
});

test('a gate blocks and fixes are left: the agent is told the command, its exit code and its tail, and nothing else', () => {
  const verdict = decide({ checks: [check('strict', 'pass', 'fail')], fixes: { used: 1, allowed: 2 } });
  expect(verdict).toMatchObject({ kind: 'GAPS_FOUND' });
  expect(verdict?.kind === 'GAPS_FOUND' && verdict.gaps).toEqual([
    { kind: 'check', name: 'test', command: 'npm test', exitCode: 1, outputTail: 'expected 2, got 3' },
  ]);
});

test.each<[string, Partial<VerdictFacts>, string]>([
  ['fixes are used up', { checks: [check('strict', 'pass', 'fail')], fixes: { used: 2, allowed: 2 } }, 'FIXES_USED_UP'],
  ['no fix is allowed', { checks: [check('strict', 'pass', 'fail')], fixes: { used: 0, allowed: 0 } }, 'FIXES_USED_UP'],
  ['a check says nothing', { checks: [check('strict', 'pass', 'inconclusive')] }, 'CHECK_INCONCLUSIVE'],
  [
    'probe 6: the baseline is killed by memory',
    {
      checks: [
        {
          ...check('regression', null, 'fail'),
          base: run('inconclusive', { cause: 'out_of_memory', exitCode: INCONCLUSIVE.out_of_memory }),
        },
      ],
    },
    'CHECK_INCONCLUSIVE',
  ],
  [
    'probe 7: the agent deleted a test, and all tests pass',
    { checks: [check('strict', 'pass', 'pass')], weakened: [WEAKENED] },
    'CHECKS_WEAKENED',
  ],
  [
    'what decides was weakened, and a gate blocks',
    { checks: [check('strict', 'pass', 'fail')], weakened: [WEAKENED] },
    'CHECKS_WEAKENED',
  ],
  [
    'probe 5: the judge has no money',
    { criteria: CRITERIA, judge: { kind: 'no_money', reason: 'The budget is used up.' } },
    'JUDGE_UNAVAILABLE',
  ],
  [
    'the judge answered prose',
    { criteria: CRITERIA, judge: { kind: 'invalid', reason: 'It wrote prose.' } },
    'JUDGE_UNAVAILABLE',
  ],
  [
    'the model is not there',
    { criteria: CRITERIA, judge: { kind: 'unavailable', reason: 'No answer.' } },
    'JUDGE_UNAVAILABLE',
  ],
  [
    'checks pass and the judge was never asked',
    { checks: [check('strict', 'pass', 'pass')], criteria: CRITERIA, judge: { kind: 'not_asked' } },
    'JUDGE_UNAVAILABLE',
  ],
  ['a criterion has no answer', { criteria: CRITERIA, judge: answers('met') }, 'CRITERION_UNCLEAR'],
  ['a criterion cannot be told', { criteria: CRITERIA, judge: answers('met', 'cannot_tell') }, 'CRITERION_UNCLEAR'],
  ['there is nothing to judge', { criteria: [], judge: answers() }, 'CRITERION_UNCLEAR'],
])('%s: HUMAN_NEEDED', (_, facts, cause) => {
  expect(decide(facts)).toMatchObject({ kind: 'HUMAN_NEEDED', cause });
});

test.each(Object.entries(INCONCLUSIVE))(
  '%s at the head is inconclusive, not a failure and not a pass',
  (cause, exitCode) => {
    const head = run('inconclusive', { cause: cause as keyof typeof INCONCLUSIVE, exitCode });
    expect(decide({ checks: [check('regression', 'pass', head)] })).toMatchObject({
      kind: 'HUMAN_NEEDED',
      cause: 'CHECK_INCONCLUSIVE',
    });
  },
);

test('two answers to one criterion that differ are none', () => {
  const judge = { kind: 'answered' as const, model: 'm', answers: [] as CriterionAnswer[] };
  const both = (['met', 'not_met'] as const).map((answer) => ({ id: 'C1', answer, evidence: null, note: '' }));
  const verdict = decide({ criteria: CRITERIA.slice(0, 1), judge: { ...judge, answers: both } });
  expect(verdict).toMatchObject({ kind: 'HUMAN_NEEDED', cause: 'CRITERION_UNCLEAR' });
});

test('a criterion that is not met goes back to the agent by its id', () => {
  const verdict = decide({ criteria: CRITERIA, judge: answers('met', 'not_met') });
  expect(verdict).toMatchObject({ kind: 'GAPS_FOUND', gaps: [{ kind: 'criterion', id: 'C2' }] });
});

test('every criterion met and every gate passed: PASSED', () => {
  const verdict = decide({
    checks: [check('strict', 'pass', 'pass')],
    criteria: CRITERIA,
    judge: answers('met', 'met'),
  });
  expect(verdict).toMatchObject({ kind: 'PASSED', reasons: [] });
});

test.each<[string, string, string]>([
  ['the same output', 'expected 2, got 3', 'HUMAN_NEEDED'],
  ['other times and places', 'expected 2, got 3\n', 'HUMAN_NEEDED'],
  ['another failure', 'expected 2, got 4', 'GAPS_FOUND'],
])('probe 8: a fix that leaves %s', (_, outputTail, kind) => {
  const first = decide({ checks: [check('strict', 'pass', run('fail'))] });
  const second = decide({
    checks: [check('strict', 'pass', run('fail', { outputTail }))],
    fixes: { used: 1, allowed: 2 },
    earlierFingerprints: first?.fingerprints ?? [],
  });
  expect(second).toMatchObject(kind === 'HUMAN_NEEDED' ? { kind, cause: 'SAME_FAILURE' } : { kind });
});

test('times, temporary files, hashes and colours do not make it another failure', () => {
  const tail = (time: string, file: string, line: number): string =>
    `\u001B[31mFAIL\u001B[0m src/sum.test.ts:${line}:7 (${time})\n  at ${file}\n  Duration 1.2s`;
  const of = (outputTail: string): readonly string[] | undefined =>
    decide({ checks: [check('strict', 'pass', run('fail', { outputTail }))] })?.fingerprints;
  expect(of(tail('12 ms', '/tmp/a1/x.js', 10))).toEqual(of(tail('340 ms', '/tmp/b2/y.js', 12)));
});
