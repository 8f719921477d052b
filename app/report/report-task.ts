import { isTerminal } from '../../protocol/index.ts';
import { TASK_TYPE_RECORDS } from '../task/task-types.ts';
import type { Task } from '../task/task.ts';
import type { GitHub } from '../github/github.ts';
import { NO_TRACER, type Tracer } from '../telemetry/tracer.ts';
import { loadFacts } from './load-facts.ts';
import { reportCheckRun } from './report-check-run.ts';
import { reportComment } from './report-comment.ts';
import { reportEarlierComment } from './report-earlier-comment.ts';
import type { Delivered, ReportContext } from './report-context.ts';
import type { ReportFacts } from './report-facts.ts';
import { reportReview } from './result/report-review.ts';
import { reportThreads } from './result/report-threads.ts';

/** Position and ETA move without events of the task itself, and so does the money of a running one. */
const WAITING_LOOK_MS = 120_000;
const RUNNING_LOOK_MS = 60_000;
const FIRST_RETRY_MS = 5_000;
/** A terminal state is shown within a minute of GitHub being back. */
const LAST_RETRY_MS = 45_000;

/** Whether GitHub is unreachable, so that the caller can spare it the next task. */
export interface Reported {
  readonly outage: boolean;
  /** It has to be tried again and no time was given, so the wait grows. */
  readonly needsBackoff: boolean;
}

/**
 * Shows a task: its comment, then its check run. Reads the row again, so that a task that waited in line is shown as it
 * is and not as it was. `failures` is how often showing it has failed in a row.
 */
export async function reportTask(taken: Task, context: ReportContext, failures: number): Promise<Reported> {
  const { stores, clock } = context;
  const task = (await stores.tasks.find(taken.id)) ?? taken;
  const facts = await loadFacts(task, stores);
  const traced = { ...context, github: traceWrites(context.github, task, context.tracer ?? NO_TRACER) };
  const results: Delivered[] = [await reportComment(facts, traced)];
  if (results[0]?.kind !== 'lost') {
    results.push(await reportCheckRun(facts, traced));
  }
  if (results.every(({ kind }) => kind !== 'lost')) {
    results.push(await reportResult(facts, traced));
  }
  if (!results.some(({ kind }) => kind !== 'shown')) {
    results.push(await reportEarlierComment(facts, traced));
  }
  if (results.some((result) => result.kind === 'lost')) {
    context.log.warn('Reporting a task took longer than its lease; the new lease owner continues', {
      taskId: task.id,
      epoch: task.epoch,
    });
    // What was sent under a lost lease may have replaced what the new lease owner has shown.
    await stores.reports.showAgain(task.id, clock.now());
    return { outage: false, needsBackoff: false };
  }

  const retries = results.filter((result) => result.kind === 'retry');
  const now = clock.now().getTime();
  if (retries.length > 0) {
    const soonest = now + Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);
    const at = Math.max(soonest, ...retries.map((retry) => retry.at?.getTime() ?? 0));
    await stores.reports.retryLater(task.id, { holder: context.holder, now: new Date(now), at: new Date(at) });
    const outage = retries.some((retry) => retry.outage);
    return { outage, needsBackoff: outage || retries.some((retry) => retry.at === null) };
  }
  const held = results.filter((result) => result.kind === 'later').map((result) => result.at.getTime());
  const looks = [...held, ...nextLook(task, now)];
  await stores.reports.settle(task.id, {
    holder: context.holder,
    now: new Date(now),
    revision: task.revision,
    lookAgainAt: looks.length > 0 ? new Date(Math.min(...looks)) : null,
  });
  return { outage: false, needsBackoff: false };
}

/** What the task has to say on a pull request beside its comment. */
async function reportResult(facts: ReportFacts, context: ReportContext): Promise<Delivered> {
  switch (TASK_TYPE_RECORDS[facts.task.type].finalizer) {
    case 'review':
      return reportReview(facts, context);
    case 'push':
      return reportThreads(facts, context);
    case 'pull_request':
    case 'output':
      return { kind: 'shown' };
  }
}

/** A span for each comment and check run that is written; looking whether they are true has none. */
function traceWrites(github: GitHub, task: Task, tracer: Tracer): GitHub {
  return {
    ...github,
    createComment: (...call) => tracer.trace('comment', task, () => github.createComment(...call)),
    updateComment: (...call) => tracer.trace('comment', task, () => github.updateComment(...call)),
    createCheckRun: (...call) => tracer.trace('check run', task, () => github.createCheckRun(...call)),
    updateCheckRun: (...call) => tracer.trace('check run', task, () => github.updateCheckRun(...call)),
  };
}

function nextLook(task: Task, now: number): number[] {
  if (isTerminal(task.state)) {
    return [];
  }
  if (task.state === 'RUNNING') {
    return [now + RUNNING_LOOK_MS];
  }
  return task.wait?.reason === 'slot' ? [now + WAITING_LOOK_MS] : [];
}
