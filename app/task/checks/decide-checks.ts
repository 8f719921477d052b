import type { CheckSession } from '../attempt.ts';
import type { CheckResult, CheckRun, CheckStep } from './check.ts';

/** A run of a check as it was recorded; `run.commit` says where. */
export interface CheckRow {
  readonly name: string;
  readonly at: CheckSession['at'];
  readonly try: number;
  readonly run: CheckRun;
}

export interface ChecksAsked {
  readonly steps: readonly CheckStep[];
  readonly headSha: string;
  /** Null where there is nothing to compare with. */
  readonly baseSha: string | null;
}

export type NextChecks =
  | { readonly do: 'run'; readonly session: CheckSession }
  | { readonly do: 'done'; readonly results: readonly CheckResult[] };

/**
 * What has to run next, as far as it is known what ran: everything at the head; once more what failed there or died,
 * unless it may not be repeated; then, at the base and in the same way, what the head cannot be judged without.
 */
export function decideChecks(asked: ChecksAsked, rows: readonly CheckRow[]): NextChecks {
  const { baseSha, headSha, steps } = asked;
  const atHead = nextAt({ at: 'head', commit: headSha }, steps, rows);
  if (atHead !== null) {
    return { do: 'run', session: atHead };
  }
  const wanted = baseSha === null ? [] : steps.filter((step) => wantsBase(step, runAt(step, headSha, rows)));
  const atBase = baseSha === null ? null : nextAt({ at: 'base', commit: baseSha }, wanted, rows);
  return atBase === null ? { do: 'done', results: collectResults(asked, rows) } : { do: 'run', session: atBase };
}

/** How each check stands, by its runs at head and base; one that did not run says nothing. */
export function collectResults(asked: ChecksAsked, rows: readonly CheckRow[]): readonly CheckResult[] {
  const { baseSha, headSha, steps } = asked;
  return steps.map((step) => ({
    step,
    head: runAt(step, headSha, rows) ?? NOT_RUN(headSha),
    base: baseSha === null ? null : runAt(step, baseSha, rows),
  }));
}

const NOT_RUN = (commit: string): CheckRun => {
  const nothing = { exitCode: null, durationMs: 0, outputTail: '', isFlaky: false, reportKey: null };
  return { commit, reading: 'inconclusive', cause: 'not_run', ...nothing };
};

function wantsBase(step: CheckStep, head: CheckRun | null): boolean {
  return head !== null && ((head.reading === 'fail' && step.gate === 'regression') || head.reportKey !== null);
}

function nextAt(
  where: Pick<CheckSession, 'at' | 'commit'>,
  steps: readonly CheckStep[],
  rows: readonly CheckRow[],
): CheckSession | null {
  const missing = steps.filter(({ name }) => find(rows, { name, commit: where.commit, try: 1 }) === null);
  if (missing.length > 0) {
    return { ...where, try: 1, names: missing.map(({ name }) => name) };
  }
  const again = steps.filter(({ name, retry }) => {
    const first = find(rows, { name, commit: where.commit, try: 1 });
    const isWorth = first?.reading === 'fail' || first?.cause === 'died';
    return retry && isWorth && find(rows, { name, commit: where.commit, try: 2 }) === null;
  });
  return again.length === 0 ? null : { ...where, try: 2, names: again.map(({ name }) => name) };
}

/** The two tries as one run: what failed once and passed once is flaky. */
export function runAt({ name }: { name: string }, commit: string, rows: readonly CheckRow[]): CheckRun | null {
  const first = find(rows, { name, commit, try: 1 });
  const second = find(rows, { name, commit, try: 2 });
  if (first === null || second === null) {
    return first;
  }
  if (first.reading !== 'fail') {
    return second;
  }
  return second.reading === 'pass' ? { ...second, isFlaky: true } : first;
}

function find(rows: readonly CheckRow[], of: { name: string; commit: string; try: number }): CheckRun | null {
  const row = rows.find(
    ({ name, run, try: times }) => name === of.name && times === of.try && run.commit === of.commit,
  );
  return row?.run ?? null;
}
