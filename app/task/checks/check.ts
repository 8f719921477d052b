/** A command that says whether a change is good: `steps.after` of the repository's file, or one the operator adds. */
export interface CheckStep {
  /** Unique within a task; `[a-z0-9-]`. */
  readonly name: string;
  readonly run: string;
  readonly timeoutMs: number;
  /** `strict`: it has to pass. `regression`: only what passed at the base may block. `info`: it is shown and never blocks. */
  readonly gate: 'strict' | 'regression' | 'info';
  /** Path in the checkout of a SARIF or JUnit report that the command writes. */
  readonly report: string | null;
  /** Whether it may run a second time. */
  readonly retry: boolean;
}

/** Why a run of a check says nothing about the change. */
export type InconclusiveCause = 'died' | 'timed_out' | 'command_missing' | 'out_of_memory' | 'not_run';

/** One run of a check at one commit, in a session that no agent has touched. */
export interface CheckRun {
  readonly commit: string;
  readonly reading: 'pass' | 'fail' | 'inconclusive';
  readonly cause: InconclusiveCause | null;
  readonly exitCode: number | null;
  readonly durationMs: number;
  /** The last lines of its output, at most 8 KiB, redacted; untrusted text. */
  readonly outputTail: string;
  /** It failed once and passed once at the same commit. */
  readonly isFlaky: boolean;
  /** Artifact with the report, as the check wrote it; untrusted. */
  readonly reportKey: string | null;
}

/** A check at the head and at the base it is compared with. */
export interface CheckResult {
  readonly step: CheckStep;
  readonly head: CheckRun;
  /** Null where the base was not needed or could not be run. */
  readonly base: CheckRun | null;
}
