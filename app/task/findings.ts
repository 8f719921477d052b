import { createHash } from 'node:crypto';
import type { CheckRun, CheckStep } from './checks/check.ts';
import { ReviewOutput, type Finding } from './review.ts';

/** A finding of a review, and what became of its reproduction. */
export interface RatedFinding extends Finding {
  /** The same for every review that finds it: of the path, the symbol and the kind. */
  readonly fingerprint: string;
  /** `confirmed`: its reproduction failed in a session that the reviewer had no part in. */
  readonly status: 'confirmed' | 'suspected';
  /** The run that confirmed it. */
  readonly run: CheckRun | null;
}

const REPRODUCTION_TIMEOUT_MS = 5 * 60_000;
/** More would take longer than the review. */
const MOST_REPRODUCTIONS = 10;
/** What the shell says of a command that it cannot find or start. */
const NO_COMMAND = 127;

/** By path, symbol and kind; the title where there is no symbol, because lines move. */
export function fingerprintOf({ kind = 'other', path, symbol, title }: Finding): string {
  const about = JSON.stringify([path, symbol ?? title.toLowerCase(), kind]);
  return createHash('sha256').update(about).digest('hex').slice(0, 16);
}

/** The check that runs the reproduction of a finding; null where the reviewer gave none. */
export function reproductionStep(finding: Finding): CheckStep | null {
  const { reproduction } = finding;
  if (reproduction === undefined) {
    return null;
  }
  return {
    name: `finding-${fingerprintOf(finding)}`,
    run: commandOf(reproduction),
    timeoutMs: REPRODUCTION_TIMEOUT_MS,
    gate: 'info',
    report: null,
    retry: true,
  };
}

/** The checks that run the reproductions of a review; none where its output is of another form. */
export function reproductionSteps(output: unknown): readonly CheckStep[] {
  const read = ReviewOutput.safeParse(output);
  const steps = (read.success ? read.data.findings : []).map(reproductionStep).filter((step) => step !== null);
  const names = steps.map(({ name }) => name);
  return steps.filter(({ name }, index) => names.indexOf(name) === index).slice(0, MOST_REPRODUCTIONS);
}

/** A patch that does not apply says nothing about the bug, so it ends like a command that is missing. */
function commandOf({ command, patch }: NonNullable<Finding['reproduction']>): string {
  if (patch === undefined || patch.trim() === '') {
    return command;
  }
  const encoded = Buffer.from(patch.endsWith('\n') ? patch : `${patch}\n`).toString('base64');
  return `printf %s ${encoded} | base64 -d | git apply - || exit ${NO_COMMAND}\n${command}`;
}

/** The findings with what the runs of their reproductions say. Only a run that failed, and every time, confirms one. */
export function rateFindings(
  findings: readonly Finding[],
  runs: readonly { readonly name: string; readonly run: CheckRun }[],
): RatedFinding[] {
  const rated = findings.map((finding): RatedFinding => {
    const step = reproductionStep(finding);
    const own = step === null ? [] : runs.filter(({ name }) => name === step.name).map(({ run }) => run);
    const isConfirmed = own.length > 0 && own.every(({ isFlaky, reading }) => reading === 'fail' && !isFlaky);
    return {
      ...finding,
      fingerprint: fingerprintOf(finding),
      status: isConfirmed ? 'confirmed' : 'suspected',
      run: isConfirmed ? (own[0] ?? null) : null,
    };
  });
  // A reviewer that says the same twice is heard once.
  return rated.filter(
    ({ fingerprint }, index) => rated.findIndex((other) => other.fingerprint === fingerprint) === index,
  );
}
