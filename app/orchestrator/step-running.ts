import { failure } from '../task/failure.ts';
import type { SessionEnd } from '../task/outcome.ts';
import type { Task } from '../task/task.ts';
import { fenceOf } from '../task/fence.ts';
import { checkWork, isChecked } from './checks/check-work.ts';
import type { OrchestratorContext, StepSignals } from './context.ts';
import { decideLost } from './decide-lost.ts';
import { decideRunning } from './decide-running.ts';
import { watchSession } from './watch-session.ts';

/**
 * RUNNING: wait for the worker to finish, for a person to stop it, or for a clock. Ends in FINALIZING, where the work is
 * kept, or back in SUBMITTED when the attempt was lost and may be tried again. Nothing is polled: the exit of the
 * session, the worker's own report and a stop request each wake the task; the rest is one timer.
 */
export async function stepRunning(
  task: Task,
  context: OrchestratorContext,
  signals: StepSignals,
): Promise<Task | null> {
  const session = { taskId: task.id, epoch: task.epoch };
  const watched = watchSession(session, { context, signals });
  while (!signals.signal.aborted) {
    const found = await context.stores.attempts.findWithTask({ ...session, now: context.clock.now() });
    if (found === null || found.task.epoch !== task.epoch || found.task.state !== 'RUNNING') {
      return null;
    }
    const facts = await watched.facts();
    const decision = decideRunning(
      { ...found, session: facts, heartbeatStaleMs: context.times.heartbeatStaleMs },
      context.clock.now(),
    );
    switch (decision.do) {
      case 'wait':
        await signals.wait(decision.until);
        break;
      case 'stop':
        await context.compute.stop(session, { graceMs: context.times.stopGraceMs });
        return finish(task, context, { kind: 'stopped', why: decision.why });
      case 'end': {
        const { attempt } = found;
        const isWhole = decision.session.kind === 'finished' && isChecked(found.task, attempt);
        const checked = isWhole ? await checkWork(task, context, { signals, attempt }) : null;
        if (checked?.kind === 'left') {
          return null;
        }
        const end = checked?.kind === 'stopped' ? checked : decision.session;
        return finish(task, context, end);
      }
      case 'lost':
        if (decision.silent && !(await signals.mayReap())) {
          await signals.wait(new Date(context.clock.now().getTime() + context.times.renewMs));
          break;
        }
        await context.compute.stop(session, { graceMs: 0 });
        return loseAttempt(task, context, decision.why);
    }
  }
  return null;
}

/** The attempt has ended: into FINALIZING, with how it ended on record for whoever finishes it. */
export async function finish(task: Task, context: OrchestratorContext, session: SessionEnd): Promise<Task | null> {
  await context.onStep?.('ended', task.id);
  const result = await context.stores.tasks.move({
    fence: fenceOf(task),
    to: 'FINALIZING',
    now: context.clock.now(),
    sessionEnd: session,
    event: { kind: 'task.session_ended', data: { session } },
  });
  return result.moved ? result.task : null;
}

/** Back to the queue with a growing pause, or, after too many, into FINALIZING so that what there is gets kept. */
export async function loseAttempt(task: Task, context: OrchestratorContext, why: string): Promise<Task | null> {
  context.metrics.attemptLost();
  const now = context.clock.now();
  const decision = decideLost(task, { now, maxLostAttempts: context.times.maxLostAttempts, jitter: context.random() });
  const patch = { lostAttempts: decision.lostAttempts };
  if (decision.do === 'give_up') {
    if (task.state !== 'RUNNING') {
      return endLost(task, context, { why, patch });
    }
    const recorded = await context.stores.tasks.record({ fence: fenceOf(task), now, patch });
    return recorded.moved
      ? finish(recorded.task, context, { kind: 'exited', exitCode: null, outOfMemory: false })
      : null;
  }
  await context.stores.tasks.move({
    fence: fenceOf(task),
    to: 'SUBMITTED',
    now,
    patch,
    wait: {
      reason: 'backoff',
      wakeAt: decision.wakeAt,
      note: `attempt ${task.epoch} was lost: ${why}`,
      blockedOn: null,
    },
    event: {
      kind: 'task.attempt_lost',
      data: { why, lostAttempts: decision.lostAttempts, wakeAt: decision.wakeAt.toISOString() },
    },
  });
  return null;
}

async function endLost(
  task: Task,
  context: OrchestratorContext,
  facts: { why: string; patch: { lostAttempts: number } },
): Promise<null> {
  await context.stores.tasks.move({
    fence: fenceOf(task),
    to: 'FAILED',
    now: context.clock.now(),
    patch: { ...facts.patch, failure: failure('ATTEMPTS_EXHAUSTED', facts.why) },
    event: { kind: 'task.ended', data: { code: 'ATTEMPTS_EXHAUSTED' } },
  });
  return null;
}
