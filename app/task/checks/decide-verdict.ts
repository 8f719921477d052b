import type { CheckResult } from './check.ts';
import { fingerprintCheck, fingerprintCriterion } from './failure-fingerprint.ts';
import { readCheck } from './read-check.ts';
import type {
  CheckLine,
  Criterion,
  CriterionAnswer,
  Gap,
  JudgeReport,
  PersonCause,
  VerdictReason,
  Weakening,
  WorkVerdict,
} from './verdict.ts';

export interface VerdictFacts {
  readonly checks: readonly CheckResult[];
  readonly weakened: readonly Weakening[];
  /** What the issue asks for; counts only where there is a judge. */
  readonly criteria: readonly Criterion[];
  readonly judge: JudgeReport;
  readonly fixes: { readonly used: number; readonly allowed: number };
  /** Of the gaps of earlier verdicts of this task. */
  readonly earlierFingerprints: readonly string[];
}

type Found = Gap & { readonly fingerprint: string; readonly reason: VerdictReason };
type PersonReason = VerdictReason & { readonly code: PersonCause };

/**
 * Whether the work is good. What an agent cannot settle by more work goes to a person first: checks that the change
 * weakened, checks that said nothing, a judge that did not answer. Then what blocks goes back to the agent, as long as
 * there are fixes left and it is not a failure that a fix left as it was. Only what was observed to be good passes. Null
 * where nothing is configured that could say anything.
 */
export function decideVerdict(facts: VerdictFacts): WorkVerdict | null {
  if (facts.checks.length === 0 && facts.judge.kind === 'off') {
    return null;
  }
  const gaps = [...findFailingChecks(facts.checks), ...findUnmetCriteria(facts)];
  const decided = {
    checks: facts.checks.map(describeCheck),
    weakened: facts.weakened,
    criteria: facts.judge.kind === 'off' ? [] : facts.criteria,
    judge: facts.judge,
    fixes: facts.fixes,
    fingerprints: gaps.map(({ fingerprint }) => fingerprint),
  };
  const told = gaps.map(tellGap);
  const notes = [...gaps.map(({ reason }) => reason), ...findNotes(facts.checks)];
  const people = findPersonReasons(facts, gaps);
  const [first] = people;
  if (first !== undefined) {
    return { kind: 'HUMAN_NEEDED', cause: first.code, reasons: [...people, ...notes], gaps: told, ...decided };
  }
  return gaps.length > 0
    ? { kind: 'GAPS_FOUND', reasons: notes, gaps: told, ...decided }
    : { kind: 'PASSED', reasons: notes, ...decided };
}

/** Whether the judge is worth asking: not about work that goes back to the agent or to a person anyway. */
export function isJudgeNeeded(facts: Omit<VerdictFacts, 'judge'>): boolean {
  const doubts = [...findWeakened(facts), ...findInconclusive(facts)];
  return doubts.length === 0 && findFailingChecks(facts.checks).length === 0;
}

function findPersonReasons(facts: VerdictFacts, gaps: readonly Found[]): PersonReason[] {
  return [
    ...findWeakened(facts),
    ...findInconclusive(facts),
    ...findUnjudged(facts, gaps),
    ...findNoProgress(facts, gaps),
  ];
}

function findWeakened({ weakened }: Pick<VerdictFacts, 'weakened'>): PersonReason[] {
  if (weakened.length === 0) {
    return [];
  }
  const what = weakened.length === 1 ? 'something' : `${weakened.length} things`;
  return [{ code: 'CHECKS_WEAKENED', message: `The change touches ${what} that the checks depend on.` }];
}

function findInconclusive({ checks }: Pick<VerdictFacts, 'checks'>): PersonReason[] {
  return checks
    .filter((check) => readCheck(check).effect === 'person')
    .map(({ base, head, step }) => {
      const at = head.reading === 'inconclusive' ? 'on the change' : 'on the base, and it fails on the change';
      const cause = head.reading === 'inconclusive' ? head.cause : (base?.cause ?? 'not_run');
      return { code: 'CHECK_INCONCLUSIVE', message: `\`${step.name}\` ${CAUSES[cause ?? 'died']} ${at}.` };
    });
}

const CAUSES = {
  died: 'was killed',
  timed_out: 'did not end in time',
  command_missing: 'names a command that was not found',
  out_of_memory: 'ran out of memory',
  not_run: 'could not be run',
} as const;

function findUnjudged({ criteria, judge }: VerdictFacts, gaps: readonly Found[]): PersonReason[] {
  switch (judge.kind) {
    case 'off':
      return [];
    case 'not_asked':
      return gaps.length > 0
        ? []
        : [
            {
              code: 'JUDGE_UNAVAILABLE',
              message: 'The criteria were not judged, so nobody knows whether they are met.',
            },
          ];
    case 'no_money':
    case 'unavailable':
    case 'invalid':
      return [{ code: 'JUDGE_UNAVAILABLE', message: `The criteria could not be judged. ${judge.reason}` }];
    case 'answered': {
      const unclear = criteria.filter(({ id }) => answerTo(id, judge.answers) === 'cannot_tell');
      const none: PersonReason[] =
        criteria.length === 0
          ? [{ code: 'CRITERION_UNCLEAR', message: 'The issue names nothing that could be judged.' }]
          : [];
      return [
        ...none,
        ...unclear.map(({ id }): PersonReason => {
          return { code: 'CRITERION_UNCLEAR', message: `The judge cannot tell whether ${id} is met.` };
        }),
      ];
    }
  }
}

function findNoProgress({ earlierFingerprints, fixes }: VerdictFacts, gaps: readonly Found[]): PersonReason[] {
  const repeated = gaps.filter(({ fingerprint }) => earlierFingerprints.includes(fingerprint));
  if (repeated.length > 0) {
    return repeated.map((gap) => {
      return { code: 'SAME_FAILURE', message: `${nameGap(gap)} fails in the same way as before the last fix.` };
    });
  }
  if (gaps.length === 0 || fixes.used < fixes.allowed) {
    return [];
  }
  const count = fixes.allowed === 1 ? 'the only fix' : `all ${fixes.allowed} fixes`;
  const message =
    fixes.allowed === 0 ? 'The agent is not allowed to fix what was found.' : `The agent used ${count} it had.`;
  return [{ code: 'FIXES_USED_UP', message }];
}

function findFailingChecks(checks: readonly CheckResult[]): Found[] {
  return checks
    .filter((check) => readCheck(check).effect === 'block')
    .map((check) => {
      const { head, step } = check;
      const { reading } = readCheck(check);
      const before = reading === 'regression' ? ', and it passed before' : '';
      return {
        kind: 'check',
        name: step.name,
        command: step.run,
        exitCode: head.exitCode,
        outputTail: head.outputTail,
        fingerprint: fingerprintCheck(check),
        reason: { code: 'CHECK_FAILED', message: `\`${step.name}\` fails${before}.` },
      };
    });
}

function findUnmetCriteria({ criteria, judge }: VerdictFacts): Found[] {
  if (judge.kind !== 'answered') {
    return [];
  }
  return criteria
    .filter(({ id }) => answerTo(id, judge.answers) === 'not_met')
    .map(({ id, text }) => ({
      kind: 'criterion',
      id,
      text,
      fingerprint: fingerprintCriterion(id),
      reason: { code: 'CRITERION_NOT_MET', message: `${id} is not met.` },
    }));
}

/** No answer, or two that differ, is none. */
function answerTo(id: string, answers: readonly CriterionAnswer[]): CriterionAnswer['answer'] {
  const given = new Set(answers.filter((answer) => answer.id === id).map(({ answer }) => answer));
  const [only] = given;
  return given.size === 1 && only !== undefined ? only : 'cannot_tell';
}

/** What is said and blocks nothing. */
function findNotes(checks: readonly CheckResult[]): VerdictReason[] {
  return checks.flatMap((check): VerdictReason[] => {
    const { reading, effect } = readCheck(check);
    const { name } = check.step;
    return [
      ...(reading === 'broken_before' && effect === 'pass'
        ? [{ code: 'BROKEN_BEFORE' as const, message: `\`${name}\` fails, as it did before the change.` }]
        : []),
      ...(check.head.isFlaky || check.base?.isFlaky === true
        ? [{ code: 'FLAKY' as const, message: `\`${name}\` failed once and passed once at the same commit.` }]
        : []),
    ];
  });
}

function describeCheck(check: CheckResult): CheckLine {
  const { base, head, step } = check;
  return {
    name: step.name,
    gate: step.gate,
    base: base?.reading ?? null,
    head: head.reading,
    ...readCheck(check),
    durationMs: head.durationMs,
    isFlaky: head.isFlaky || base?.isFlaky === true,
  };
}

function tellGap({ fingerprint: _fingerprint, reason: _reason, ...gap }: Found): Gap {
  return gap;
}

function nameGap(gap: Gap): string {
  return gap.kind === 'check' ? `\`${gap.name}\`` : gap.id;
}
