import type { AttemptState } from '../../protocol/index.ts';
import type { Task } from '../task/task.ts';
import { DatabaseError } from '../store/database.ts';
import { failure } from '../task/failure.ts';
import type { StepResult } from '../telemetry/metrics.ts';
import { NO_TRACER } from '../telemetry/tracer.ts';
import { fenceOf } from '../task/fence.ts';
import type { OrchestratorContext, StepSignals } from './context.ts';
import { stepFinalizing } from './step-finalizing.ts';
import { stepHydrating } from './step-hydrating.ts';
import { loseAttempt, stepRunning } from './step-running.ts';

const OUTAGE_PAUSE_MS = 5_000;

/**
 * Takes a task through its steps, one function per state, until it waits, ends or belongs to somebody else. An error of
 * our own is logged once and costs the attempt, not the process.
 */
export async function runTask(task: Task, context: OrchestratorContext, signals: StepSignals): Promise<void> {
  let current = task;
  while (!signals.signal.aborted) {
    try {
      const next = await step(current, context, signals);
      if (next === null) {
        return;
      }
      current = next;
    } catch (error) {
      const { id: taskId, epoch, state } = current;
      if (state !== 'HYDRATING' && error instanceof DatabaseError && error.unavailable) {
        // The worker continues and nothing was decided: the same step again, as far as the lease is still ours by then.
        context.log.warn('The database did not answer during a step; the step is retried', {
          err: error,
          taskId,
          epoch,
          state,
        });
        await signals.wait(new Date(context.clock.now().getTime() + OUTAGE_PAUSE_MS));
        continue;
      }
      context.log.error('A step failed unexpectedly', { err: error, taskId, epoch, state });
      await giveUpStep(current, context, signals);
      return;
    }
  }
}

async function step(task: Task, context: OrchestratorContext, signals: StepSignals): Promise<Task | null> {
  switch (task.state) {
    case 'HYDRATING':
      return measure(task.state, task, { context, work: () => stepHydrating(task, context, signals) });
    case 'RUNNING':
      return measure(task.state, task, { context, work: () => stepRunning(task, context, signals) });
    case 'FINALIZING':
      return measure(task.state, task, { context, work: () => stepFinalizing(task, context, signals) });
    case 'SUBMITTED':
    case 'COMPLETED':
    case 'FAILED':
    case 'CANCELLED':
    case 'TIMED_OUT':
      return null;
  }
}

/** Records how long the step took, and whether the next one follows, the task was left, or an error of ours ended it. */
async function measure(
  state: AttemptState,
  task: Task,
  { context, work }: { context: OrchestratorContext; work: () => Promise<Task | null> },
): Promise<Task | null> {
  const startedAt = context.clock.now().getTime();
  let result: StepResult = 'error';
  try {
    const next = await (context.tracer ?? NO_TRACER).trace(state, task, work);
    result = next === null ? 'left' : 'next';
    return next;
  } finally {
    const durationMs = context.clock.now().getTime() - startedAt;
    context.metrics.stepEnded({ state, result, durationMs });
  }
}

/** Leaves no step half taken: the attempt counts as lost, and at the third the task fails with the reason on record. */
async function giveUpStep(task: Task, context: OrchestratorContext, signals: StepSignals): Promise<void> {
  if (signals.signal.aborted) {
    return;
  }
  try {
    await context.compute.stop({ taskId: task.id, epoch: task.epoch }, { graceMs: context.times.stopGraceMs });
    if (task.state !== 'FINALIZING') {
      await loseAttempt(task, context, 'Bosun had an internal error');
      return;
    }
    await context.stores.tasks.move({
      fence: fenceOf(task),
      to: 'FAILED',
      now: context.clock.now(),
      patch: { failure: failure('INTERNAL') },
      event: { kind: 'task.ended', data: { code: 'INTERNAL' } },
    });
  } catch (error) {
    // The lease expires and recovery takes over; saying so is all that is left to do here.
    context.log.error('A failed step could not be recorded', { err: error, taskId: task.id, epoch: task.epoch });
  }
}
