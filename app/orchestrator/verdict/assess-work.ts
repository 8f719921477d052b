import type { Attempt } from '../../task/attempt.ts';
import type { CheckResult } from '../../task/checks/check.ts';
import { decideVerdict, isJudgeNeeded } from '../../task/checks/decide-verdict.ts';
import { FIXES } from '../../task/checks/fixes.ts';
import { findAnnotations, type CheckReports } from '../../task/checks/reports/find-annotations.ts';
import type { Annotations } from '../../task/checks/reports/finding.ts';
import type { JudgeReport, TaskVerdict } from '../../task/checks/verdict.ts';
import type { NewEvent } from '../../task/events.ts';
import { fenceOf } from '../../task/fence.ts';
import type { Task } from '../../task/task.ts';
import type { OrchestratorContext } from '../context.ts';
import { learn } from '../lessons/learn.ts';
import { askJudge, findCriteria } from './ask-judge.ts';

export type Assessed =
  /** `verdict` is null where nothing is configured that could say anything, or where there is no work to be published. */
  { readonly kind: 'assessed'; readonly task: Task; readonly verdict: TaskVerdict | null } | { readonly kind: 'lost' };

/**
 * Whether the work of an attempt is good, from what its checks said, from what the change does to them, and from the judge
 * where one is configured. Recorded before anything follows from it, so that whoever comes after a death finds it instead
 * of asking, paying and counting a second time.
 */
export async function assessWork(
  task: Task,
  context: OrchestratorContext,
  { attempt }: { attempt: Attempt },
): Promise<Assessed> {
  if (task.verdict?.epoch === attempt.epoch) {
    return { kind: 'assessed', task, verdict: task.verdict };
  }
  const verdict = await compute(task, context, attempt);
  if (verdict === null) {
    return { kind: 'assessed', task, verdict };
  }
  const recorded = await context.stores.tasks.record({
    fence: fenceOf(task),
    now: context.clock.now(),
    patch: { verdict },
    event: eventOf(verdict),
  });
  if (!recorded.moved) {
    return { kind: 'lost' };
  }
  await learn(task, context, { attempt, verdict, patch: () => readPatch(task, context, attempt) });
  return { kind: 'assessed', task: recorded.task, verdict };
}

async function readPatch(task: Task, context: OrchestratorContext, attempt: Attempt): Promise<string> {
  const work = await context.publisher.inspect({ task, attempt, commands: [] });
  return work?.patch.toString('utf8') ?? '';
}

async function compute(task: Task, context: OrchestratorContext, attempt: Attempt): Promise<TaskVerdict | null> {
  const checks = attempt.checkResults ?? [];
  const isJudged = task.settings.verdict?.judge === true;
  const isFinished = attempt.result?.ending === 'done' && task.stop === null && !task.settings.dryRun;
  if (!isFinished || (checks.length === 0 && !isJudged)) {
    return null;
  }
  const work = await context.publisher.inspect({ task, attempt, commands: checks.map(({ step }) => step.run) });
  if (work === null) {
    return null;
  }
  const facts = {
    checks,
    weakened: work.weakened,
    criteria: isJudged ? findCriteria(task.text) : [],
    fixes: { used: task.verdict?.fixes ?? 0, allowed: task.settings.verdict?.fixes ?? FIXES },
    earlierFingerprints: task.verdict?.seen ?? [],
  };
  const judge = isJudged
    ? await judgeIfNeeded(task, context, { isNeeded: isJudgeNeeded(facts), facts, patch: work.patch.toString('utf8') })
    : ({ kind: 'off' } as const);
  const verdict = decideVerdict({ ...facts, judge });
  if (verdict === null) {
    return null;
  }
  const annotations = await annotate(checks, context);
  return {
    verdict,
    ...(annotations && { annotations }),
    epoch: attempt.epoch,
    commit: work.headSha,
    at: context.clock.now().toISOString(),
    fixes: facts.fixes.used + (verdict.kind === 'GAPS_FOUND' ? 1 : 0),
    seen: [...new Set([...facts.earlierFingerprints, ...verdict.fingerprints])],
  };
}

async function judgeIfNeeded(
  task: Task,
  context: OrchestratorContext,
  about: Omit<Parameters<typeof askJudge>[2], 'criteria' | 'checks'> & {
    isNeeded: boolean;
    facts: Pick<Parameters<typeof askJudge>[2], 'criteria' | 'checks'>;
  },
): Promise<JudgeReport> {
  const { facts, isNeeded, patch } = about;
  return isNeeded ? askJudge(task, context, { ...facts, patch }) : { kind: 'not_asked' };
}

/** Null where no check left a report. A report that the artifacts have lost is treated as one that cannot be read. */
async function annotate(
  checks: readonly CheckResult[],
  { artifacts }: Pick<OrchestratorContext, 'artifacts'>,
): Promise<Annotations | null> {
  const reports: CheckReports[] = [];
  for (const { base, head, step } of checks) {
    const [atHead = null, atBase = null] = await Promise.all(
      [head.reportKey, base?.reportKey ?? null].map(async (key) => (key === null ? null : artifacts.get(key))),
    );
    if (head.reportKey !== null) {
      const lost = new Uint8Array(0);
      const hasBase = (base?.reportKey ?? null) !== null;
      reports.push({ name: step.name, head: atHead ?? lost, base: hasBase ? (atBase ?? lost) : null });
    }
  }
  return reports.length === 0 ? null : findAnnotations(reports);
}

function eventOf({ fixes, verdict }: TaskVerdict): Extract<NewEvent, { kind: 'task.verdict' }> {
  return {
    kind: 'task.verdict',
    data: {
      kind: verdict.kind,
      ...(verdict.kind === 'HUMAN_NEEDED' && { cause: verdict.cause }),
      ...(verdict.kind === 'GAPS_FOUND' && { fix: fixes }),
      reasons: verdict.reasons.map(({ message }) => message),
    },
  };
}
