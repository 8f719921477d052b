import { publishesChanges, TASK_TYPE_RECORDS } from '../task/task-types.ts';
import { describeModelRefusal, readModelRefusal } from '../store/model-refusal.ts';
import type { PublishFacts, SessionEnd } from '../task/outcome.ts';
import { wasCancelled } from '../task/cancelled.ts';
import { decideOutageWait, type Outage } from './waiting/decide-outage-wait.ts';
import { decideModelWait } from './waiting/decide-model-wait.ts';
import type { TaskVerdict } from '../task/checks/verdict.ts';
import { releasedQuestion } from '../task/question.ts';
import { ServiceUnavailable } from '../task/service-unavailable.ts';
import { waitingEvent } from '../task/events.ts';
import { addWait, endOutages } from '../task/outages.ts';
import { inferOutcome } from '../task/infer-outcome.ts';
import type { Verdict } from '../task/outcome.ts';
import type { Attempt } from '../task/attempt.ts';
import type { Task } from '../task/task.ts';
import { fenceOf, matchesFence } from '../task/fence.ts';
import type { OrchestratorContext, StepSignals } from './context.ts';
import { routeOf } from '../task/tiers/route.ts';
import { askPerson, questionOf, sendBack, waitOf } from './verdict/apply-verdict.ts';
import { assessWork } from './verdict/assess-work.ts';

/**
 * FINALIZING: what the worker made goes through the gate and out, GitHub is asked what it holds, and the outcome is
 * concluded from that. While GitHub is unavailable the step stays here, work safe, and tries again for a day. Running
 * it again after a crash finds the branch, the pull request and the records of the first time.
 */
export async function stepFinalizing(
  task: Task,
  context: OrchestratorContext,
  signals: StepSignals,
): Promise<Task | null> {
  const fence = fenceOf(task);
  while (!signals.signal.aborted) {
    const ref = { taskId: task.id, epoch: task.epoch };
    const found = await context.stores.attempts.findWithTask({ ...ref, now: context.clock.now() });
    if (found === null) {
      throw new Error(`attempt ${task.epoch} of task ${task.id} has no row`);
    }
    const { attempt, task: current } = found;
    // The row may carry the lease of another process by now; acting under it would be acting as that process.
    if (current.state !== 'FINALIZING' || !matchesFence(current, fence)) {
      return null;
    }
    const worked = await findWorked(current, context);
    const session = worked.sessionEnd ?? sessionEndOf(worked);
    const result = await conclude(current, context, { attempt: worked, session }).catch(waitIfUnavailable);
    if (result.kind === 'verdict') {
      return end(current, context, { verdict: result.verdict, published: result.published, attempt });
    }
    if (result.kind === 'lost') {
      return null;
    }
    const decision = decideOutageWait(current, result, {
      now: context.clock.now(),
      patienceMs: context.times.githubPatienceMs,
      jitter: context.random(),
    });
    if (decision.do === 'give_up') {
      const publish: PublishFacts = { kind: 'failed', failure: decision.failure };
      const known = { ...facts(current, { attempt: worked, session }), publish, github: null };
      const verdict = inferOutcome(known, TASK_TYPE_RECORDS[task.type].conclude);
      return end(current, context, { verdict, published: false, attempt });
    }
    await context.stores.tasks.record({
      fence,
      now: context.clock.now(),
      patch: { outages: decision.outages },
      event: waitingEvent(decision.wait),
    });
    await signals.wait(decision.wait.wakeAt);
  }
  return null;
}

/**
 * The attempt whose work is to be published: an earlier one, when this one only publishes what a person released. Its
 * times are as they were written, not as they are on this process's clock: commits are dated by them, and every process
 * has to make the same commits at every try.
 */
async function findWorked(task: Task, context: OrchestratorContext): Promise<Attempt> {
  const ref = { taskId: task.id, epoch: releasedQuestion(task)?.epoch ?? task.epoch };
  const worked = await context.stores.attempts.find(ref);
  if (worked === null) {
    throw new Error(`attempt ${ref.epoch} of task ${task.id} has no row`);
  }
  return worked;
}

type Conclusion =
  | { readonly kind: 'verdict'; readonly verdict: Verdict; readonly published: boolean }
  | ({ readonly kind: 'unavailable' } & Outage)
  | { readonly kind: 'lost' };

/** The work is safe in its store or at the door, and one of the two does not answer: the same patience for both. */
function waitIfUnavailable(error: unknown): Conclusion {
  if (error instanceof ServiceUnavailable) {
    return { kind: 'unavailable', service: error.service, note: error.message, retryAt: error.retryAt };
  }
  throw error;
}

async function conclude(
  task: Task,
  context: OrchestratorContext,
  known: { attempt: Attempt; session: SessionEnd },
): Promise<Conclusion> {
  const cancelled = wasCancelled({ stop: task.stop?.kind ?? null, session: known.session });
  const asked = known.attempt.result?.ending === 'question';
  const type = TASK_TYPE_RECORDS[task.type];
  let publish: PublishFacts;
  let assessed: TaskVerdict | null = null;
  const isIdle = known.session.kind === 'nothing_to_do';
  if (cancelled || asked || isIdle || !publishesChanges(type)) {
    const kept = await context.publisher.keep({ task, attempt: known.attempt });
    publish = { kind: 'nothing', why: whyNothing({ cancelled, asked }), kept };
  } else {
    const found = await assessWork(task, context, known);
    if (found.kind === 'lost') {
      return found;
    }
    assessed = found.verdict;
    if (assessed?.verdict.kind === 'GAPS_FOUND') {
      const kept = await context.publisher.keep({ task, attempt: known.attempt });
      const verdict = sendBack(found.task, assessed, { facts: facts(task, known), kept });
      return { kind: 'verdict', verdict, published: false };
    }
    const published = await context.publisher.publish({
      task: found.task,
      attempt: known.attempt,
      fence: fenceOf(task),
    });
    if (published.kind === 'wait') {
      return { kind: 'unavailable', service: 'github', note: published.note, retryAt: published.retryAt };
    }
    if (published.kind === 'stale') {
      return { kind: 'lost' };
    }
    publish = published.facts;
  }
  await context.onStep?.('published', task.id);
  const github = await context.publisher.fetchFacts(task);
  if (github.kind === 'wait') {
    return { kind: 'unavailable', service: 'github', note: github.note, retryAt: github.retryAt };
  }
  const concluded = inferOutcome({ ...facts(task, known), publish, github: github.facts }, type.conclude);
  const verdict = askPerson(concluded, assessed, publish);
  return { kind: 'verdict', verdict, published: publish.kind === 'pushed' };
}

function whyNothing(facts: { cancelled: boolean; asked: boolean }): 'cancelled' | 'question' | 'not_published' {
  if (facts.cancelled) {
    return 'cancelled';
  }
  return facts.asked ? 'question' : 'not_published';
}

function facts(task: Task, known: { attempt: Attempt; session: SessionEnd }) {
  return {
    session: known.session,
    modelCalls: known.attempt.modelCalls,
    result: known.attempt.result,
    checks: known.attempt.checkResults ?? null,
    dryRun: task.settings.dryRun,
    lostAttempts: task.lostAttempts,
    // Told to stop, a worker may report before anyone stops it.
    stop: task.stop?.kind ?? null,
  };
}

async function end(
  task: Task,
  context: OrchestratorContext,
  result: { verdict: Verdict; published: boolean; attempt: Attempt },
): Promise<null> {
  const now = context.clock.now();
  const waits = task.outages.model?.waits ?? 0;
  // Only a refused key asks for what the server knows of it.
  const isKeyRefused = result.verdict.to === 'FAILED' && result.verdict.failure.code === 'MODEL_AUTH';
  const refusal = isKeyRefused ? await readModelRefusal(context.stores.keys) : null;
  const decided = decideModelWait(result.verdict, {
    waits,
    now,
    jitter: context.random(),
    keyRefused: refusal === null ? null : describeModelRefusal(refusal),
  });
  const { verdict } = decided;
  const reached = endOutages(task.outages, ['github', 'store', 'compute']);
  const { pausedForMs } = context.times;
  const question = questionOf(verdict, { now, pausedForMs, task });
  const until = decided.wakeAt ?? new Date(now.getTime() + pausedForMs);
  const wait = verdict.to === 'SUBMITTED' ? waitOf(verdict, { now, until, question }) : null;
  const patch = {
    outcome: verdict.outcome,
    question,
    outages: wait?.reason === 'model' ? addWait(reached, 'model', now) : reached,
    ...(verdict.to === 'FAILED' || verdict.to === 'TIMED_OUT' ? { failure: verdict.failure } : {}),
    ...(verdict.to === 'COMPLETED' || verdict.to === 'SUBMITTED' ? { lostAttempts: 0 } : {}),
  };
  const move = await context.stores.tasks.move({
    fence: fenceOf(task),
    to: verdict.to,
    now,
    patch,
    ...(wait === null
      ? { event: { kind: 'task.ended', data: { outcome: verdict.outcome.kind } } }
      : { wait, event: waitingEvent(wait) }),
  });
  if (!move.moved) {
    return null;
  }
  const session = { taskId: task.id, epoch: task.epoch };
  meter(task, context, { verdict, attempt: result.attempt });
  await context.onStep?.('concluded', task.id);
  await context.compute.stop(session, { graceMs: 0 });
  const released = releasedQuestion(task);
  const epochs = released === null ? [task.epoch] : [released.epoch, task.epoch];
  for (const epoch of result.published ? epochs : []) {
    const each = { taskId: task.id, epoch };
    await context.git.remove(each).catch((error: unknown) => {
      context.log.warn('Published work could not be removed from the quarantine; it is removed with the task', {
        err: error,
        ...each,
      });
    });
  }
  // The session goes last: as long as it is there, whoever comes after a death knows that there is something to clear up.
  await context.compute.clean(session);
  return null;
}

function meter(task: Task, context: OrchestratorContext, ended: { verdict: Verdict; attempt: Attempt }): void {
  const { metrics } = context;
  const { attempt, verdict } = ended;
  metrics.moneySpent({ model: routeOf(task).model, costNano: attempt.spentNano });
  verdict.outcome.withheld.forEach((withheld) => metrics.gateRefused(withheld.code));
  if (verdict.to === 'SUBMITTED') {
    metrics.taskWaits(verdict.reason);
    return;
  }
  const durationMs = context.clock.now().getTime() - (task.startedAt ?? task.createdAt).getTime();
  metrics.taskEnded({ state: verdict.to, durationMs });
}

/** Of an attempt that a process of an older version moved here, which did not record how its session ended. */
function sessionEndOf(attempt: Attempt): SessionEnd {
  return attempt.result === null ? { kind: 'exited', exitCode: null, outOfMemory: false } : { kind: 'finished' };
}
