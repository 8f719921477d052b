import { createHash } from 'node:crypto';
import type { Attempt } from '../../task/attempt.ts';
import { checkEnded } from '../../task/checks/check-ended.ts';
import { decideChecks, runAt, type CheckRow, type ChecksAsked } from '../../task/checks/decide-checks.ts';
import type { CheckResult, CheckStep } from '../../task/checks/check.ts';
import type { Task } from '../../task/task.ts';
import { fenceOf } from '../../task/fence.ts';
import { reproductionSteps } from '../../task/findings.ts';
import { ServiceUnavailable } from '../../task/service-unavailable.ts';
import { publishesChanges, TASK_TYPE_RECORDS } from '../../task/task-types.ts';
import type { Checking, WorkChecked } from './checking.ts';
import type { OrchestratorContext, StepSignals } from '../context.ts';
import { findCheckEnvironment } from './find-environment.ts';
import { runCheckSession } from './run-session.ts';

/** Whether there is finished work that checks can say something about. */
export function isChecked(task: Task, attempt: Pick<Attempt, 'environment' | 'result'>): boolean {
  return attempt.result?.ending === 'done' && stepsOf(task, attempt).length > 0;
}

/** The checks of a change; of a review, the reproductions of what it found. */
function stepsOf(task: Task, { environment, result }: Pick<Attempt, 'environment' | 'result'>): readonly CheckStep[] {
  const type = TASK_TYPE_RECORDS[task.type];
  if (publishesChanges(type)) {
    return environment?.checks ?? [];
  }
  return type.finalizer === 'review' ? reproductionSteps(result?.output) : [];
}

/**
 * Runs the checks of an attempt whose work session has ended: at the commit that would be published, and at the base what
 * the head cannot be judged without. Each in a session that has neither agent nor model nor text. What ran is recorded as
 * it ends, so that whoever comes after a death runs only the rest.
 */
export async function checkWork(
  task: Task,
  context: OrchestratorContext,
  given: { signals: StepSignals; attempt: Attempt },
): Promise<WorkChecked> {
  const { attempt, signals } = given;
  const session = { taskId: task.id, epoch: task.epoch };
  // Nothing that the agent started may be left beside a check, and the sessions have one name
  await context.compute.stop(session, { graceMs: context.times.stopGraceMs });
  await context.compute.clean(session);
  const candidate = await findCandidate(task, context, given);
  if (candidate === null) {
    return { kind: signals.signal.aborted ? 'left' : 'checked' };
  }
  const asked: ChecksAsked = {
    steps: stepsOf(task, attempt),
    headSha: candidate.headSha,
    baseSha: candidate.gateBaseSha === null ? null : (task.baseSha ?? candidate.gateBaseSha),
  };
  const checking: Checking = { task, attempt, context, signals, asked };
  const environment = await findCheckEnvironment(attempt, context);
  while (!signals.signal.aborted) {
    const rows = await context.stores.checks.list(session);
    const next = decideChecks(asked, rows);
    if (next.do === 'done') {
      return close(checking, rows, next.results);
    }
    if (next.session.at === 'base' && next.session.try === 1 && (await takeKnown(checking, next.session.names))) {
      continue;
    }
    const ran = await runCheckSession(checking, { ...next, environment });
    if (ran !== null) {
      return ran;
    }
  }
  return { kind: 'left' };
}

/** The artifacts may not answer for a while; the work is safe, and the clock of the task goes on. */
async function findCandidate(
  task: Task,
  context: OrchestratorContext,
  { attempt, signals }: { attempt: Attempt; signals: StepSignals },
): Promise<{ headSha: string; gateBaseSha: string | null } | null> {
  if (!publishesChanges(TASK_TYPE_RECORDS[task.type])) {
    // What a review is about is what its worker started from, and there is nothing to compare it with.
    return attempt.startSha === null ? null : { headSha: attempt.startSha, gateBaseSha: null };
  }
  const until = attempt.startedAt.getTime() + task.settings.timeoutMs;
  while (!signals.signal.aborted) {
    try {
      return await context.publisher.findCandidate({ task, attempt });
    } catch (error) {
      const now = context.clock.now();
      if (!(error instanceof ServiceUnavailable) || now.getTime() >= until) {
        throw error;
      }
      await signals.wait(error.retryAt ?? new Date(now.getTime() + 10_000));
    }
  }
  return null;
}

/** Takes what an earlier task found at the same base; false when nothing is known. */
async function takeKnown({ asked, attempt, context, task }: Checking, names: readonly string[]): Promise<boolean> {
  const { baseSha } = asked;
  const keys = new Map(
    asked.steps
      .filter(({ name }) => baseSha !== null && names.includes(name))
      .map((step) => [baseKey(task, { step, attempt, baseSha: baseSha ?? '' }), step]),
  );
  const known = await context.stores.checks.findBase([...keys.keys()]);
  const rows: CheckRow[] = [];
  for (const [key, run] of known) {
    const isThere = run.reportKey === null || (await context.artifacts.get(run.reportKey)) !== null;
    // What failed there failed twice, or may not be repeated
    const name = keys.get(key)?.name ?? '';
    rows.push(...(isThere ? [1, 2].map((times) => ({ name, at: 'base' as const, try: times, run })) : []));
  }
  if (rows.length === 0) {
    return false;
  }
  const events = rows
    .filter(({ try: times }) => times === 1)
    .map((row) => {
      const { data, kind } = checkEnded(row);
      return { kind, data: { ...data, known: true } };
    });
  await context.stores.checks.record({ fence: fenceOf(task), now: context.clock.now(), rows, events });
  return true;
}

/** Everything ran: later tasks take over what was found at the base, and the token of the sessions is taken away. */
async function close(
  checking: Checking,
  rows: readonly CheckRow[],
  results: readonly CheckResult[],
): Promise<WorkChecked> {
  const { asked, attempt, context, task } = checking;
  const { baseSha } = asked;
  const runs = new Map(
    asked.steps.flatMap((step) => {
      const run = baseSha === null ? null : runAt(step, baseSha, rows);
      return run === null || run.reading === 'inconclusive' || baseSha === null
        ? []
        : [[baseKey(task, { step, attempt, baseSha }), run] as const];
    }),
  );
  const now = context.clock.now();
  if (runs.size > 0) {
    await context.stores.checks.keepBase({ repositoryId: task.repository.id, runs, now });
  }
  const closed = await context.stores.checks.close({ fence: fenceOf(task), results, now });
  await context.onStep?.('checked', task.id);
  return { kind: closed.current ? 'checked' : 'left' };
}

/** Everything that decides how a check ends at a base commit. */
function baseKey(
  task: Pick<Task, 'repository' | 'settings'>,
  of: { step: CheckStep; attempt: Pick<Attempt, 'environment'>; baseSha: string },
): string {
  const { kept, setup } = of.attempt.environment ?? {};
  const { report, run, timeoutMs } = of.step;
  const environment = kept?.key ?? setup?.commands ?? null;
  const facts = [1, task.repository.id, of.baseSha, run, report, timeoutMs, environment, task.settings.image ?? null];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
