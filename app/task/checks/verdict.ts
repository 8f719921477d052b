import type { Annotations } from './reports/finding.ts';
import type { CheckEffect, CheckReading } from './read-check.ts';

/** What a change does to that which decides whether it is good. */
export interface Weakening {
  readonly kind:
    | 'test_deleted'
    | 'test_skipped'
    | 'threshold_lowered'
    | 'test_config'
    | 'check_script'
    | 'ci_config'
    /** It could not be read, so that nobody can say that it does not weaken anything. */
    | 'unreadable';
  /** Path in the repository; untrusted text. */
  readonly path: string;
  /** One sentence for people; what it quotes is untrusted text. */
  readonly message: string;
}

/** One thing that the issue asks for. */
export interface Criterion {
  /** `C1`, `C2`, …: stable as long as the text is the same. */
  readonly id: string;
  /** Untrusted text. */
  readonly text: string;
}

/** What the judge says of a criterion, after its evidence was looked for in the change. */
export interface CriterionAnswer {
  readonly id: string;
  readonly answer: 'met' | 'not_met' | 'cannot_tell';
  /** Where in the change it is seen; null where nothing is to be seen. */
  readonly evidence: { readonly path: string; readonly line: number } | null;
  /** One sentence; untrusted text. */
  readonly note: string;
}

export type JudgeReport =
  | { readonly kind: 'off' }
  /** It is configured and was not asked, because a check blocks already. */
  | { readonly kind: 'not_asked' }
  | { readonly kind: 'answered'; readonly answers: readonly CriterionAnswer[]; readonly model: string }
  | { readonly kind: 'no_money' | 'unavailable' | 'invalid'; readonly reason: string };

/** What the agent is told to continue with: nothing else than this. */
export type Gap =
  | {
      readonly kind: 'check';
      readonly name: string;
      readonly command: string;
      readonly exitCode: number | null;
      /** Untrusted text. */
      readonly outputTail: string;
    }
  | { readonly kind: 'criterion'; readonly id: string; readonly text: string };

/** Why a person is needed. */
export type PersonCause =
  | 'CHECKS_WEAKENED'
  | 'CHECK_INCONCLUSIVE'
  | 'JUDGE_UNAVAILABLE'
  | 'CRITERION_UNCLEAR'
  | 'FIXES_USED_UP'
  | 'SAME_FAILURE';

export interface VerdictReason {
  readonly code: PersonCause | 'CHECK_FAILED' | 'CRITERION_NOT_MET' | 'BROKEN_BEFORE' | 'FLAKY';
  /** One sentence for people; names of checks are the repository's own. */
  readonly message: string;
}

/** A line of the table that people see. */
export interface CheckLine {
  readonly name: string;
  readonly gate: 'strict' | 'regression' | 'info';
  readonly base: 'pass' | 'fail' | 'inconclusive' | null;
  readonly head: 'pass' | 'fail' | 'inconclusive';
  readonly reading: CheckReading;
  readonly effect: CheckEffect;
  readonly durationMs: number;
  readonly isFlaky: boolean;
}

/** A verdict as it stands on the row of its task. */
export interface TaskVerdict {
  readonly verdict: WorkVerdict;
  /** The attempt whose work it is about. */
  readonly epoch: number;
  /** The commit it is about; null where nothing could be published. */
  readonly commit: string | null;
  /** ISO 8601. */
  readonly at: string;
  /** How often the agent was sent back since a person last had it go on, and the gaps it was sent back with. */
  readonly fixes: number;
  readonly seen: readonly string[];
  /** What reports of checks found that the base does not have; absent where no check has a report. */
  readonly annotations?: Annotations;
  /** Who took the work as it is although it did not pass. */
  readonly accepted?: { readonly by: { readonly id: number; readonly login: string }; readonly at: string };
}

interface Decided {
  readonly reasons: readonly VerdictReason[];
  readonly checks: readonly CheckLine[];
  readonly weakened: readonly Weakening[];
  readonly criteria: readonly Criterion[];
  readonly judge: JudgeReport;
  /** Fixes that were used before this verdict, and how many there are. */
  readonly fixes: { readonly used: number; readonly allowed: number };
  /** One for each gap: compared with those of the next attempt. */
  readonly fingerprints: readonly string[];
}

/** Whether the work is good, computed from what was observed. Stored with the task and shown. */
export type WorkVerdict = Decided &
  (
    | { readonly kind: 'PASSED' }
    /** The agent continues with these gaps. */
    | { readonly kind: 'GAPS_FOUND'; readonly gaps: readonly Gap[] }
    /** `cause` is what counts most of `reasons`; `gaps` is what the agent would be told after `/retry`. */
    | { readonly kind: 'HUMAN_NEEDED'; readonly cause: PersonCause; readonly gaps: readonly Gap[] }
  );
