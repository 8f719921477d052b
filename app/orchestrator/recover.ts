import type { SessionFacts, SessionRef } from '../compute/compute.ts';
import { isUncompared } from '../store/restored.ts';
import type { Attempt } from '../task/attempt.ts';
import type { Task } from '../task/task.ts';
import { fenceOf } from '../task/fence.ts';
import type { OrchestratorContext } from './context.ts';
import { isChecked } from './checks/check-work.ts';
import { finish, loseAttempt } from './step-running.ts';

export type RecoveryDecision =
  /** Go on with the state's own step: it is safe to repeat. */
  | { readonly do: 'continue' }
  /** The worker had finished: into FINALIZING. */
  | { readonly do: 'finish' }
  /** What ran is gone or cut off from its door. */
  | { readonly do: 'lose'; readonly why: string };

/**
 * What to do with a task taken over from a process that is gone. HYDRATING is not repeated under the same epoch: its
 * token may be out. A worker whose compute outlives this process is followed again, whether it still runs or has ended
 * meanwhile. Any other is nobody's child any more: its end and its output would not be seen, so it is ended and tried
 * again from its last push.
 */
export function decideRecovery(
  task: Task,
  facts: { attempt: Attempt; session: SessionFacts; survivesRestart: boolean },
): RecoveryDecision {
  if (task.state === 'FINALIZING') {
    return { do: 'continue' };
  }
  if (task.state === 'RUNNING' && task.stop !== null) {
    return { do: 'finish' };
  }
  if (task.state === 'RUNNING' && facts.attempt.result !== null) {
    return { do: isChecked(task, facts.attempt) ? 'continue' : 'finish' };
  }
  if (facts.survivesRestart && facts.session.kind !== 'unknown' && isWorking(task, facts.attempt)) {
    return { do: 'continue' };
  }
  return { do: 'lose', why: 'Bosun was restarted during the attempt' };
}

/** The session is the work session: one that prepares an environment cannot be followed by another process. */
export function isWorking(task: Task, { environment }: Pick<Attempt, 'environment'>): boolean {
  return (
    task.state === 'RUNNING' && environment !== null && (environment.setup === null || environment.prepared !== null)
  );
}

/** Takes over what lost its owner; resolves with the tasks to continue with. */
export async function recover(
  context: OrchestratorContext,
  options: { max: number; holding: readonly string[]; own?: 'at once' },
): Promise<Task[]> {
  const now = context.clock.now();
  const adopted = await context.stores.tasks.adopt({
    owner: context.owner,
    now,
    leaseMs: context.times.leaseMs,
    max: options.max,
    holding: options.holding,
    own: options.own ?? 'when run out',
  });
  // Side by side: each may have to wait for a worker to end.
  const recovered = await Promise.all(adopted.map((task) => recoverSafely(task, context)));
  return recovered.filter((task) => task !== null);
}

async function recoverSafely(task: Task, context: OrchestratorContext): Promise<Task | null> {
  try {
    return await recoverOne(task, context);
  } catch (error) {
    // One task that cannot be taken over keeps neither the others waiting nor Bosun from starting.
    context.log.error('A task could not be taken over; it is retried when this lease expires', {
      err: error,
      taskId: task.id,
      epoch: task.epoch,
    });
    return null;
  }
}

async function recoverOne(task: Task, context: OrchestratorContext): Promise<Task | null> {
  const ref = { taskId: task.id, epoch: task.epoch };
  const attempt = await context.stores.attempts.find(ref);
  if (attempt === null) {
    throw new Error(`attempt ${task.epoch} of task ${task.id} has no row`);
  }
  if (isUncompared(task, context.restored ?? null)) {
    return bringBack(task, context);
  }
  const session = await context.compute.probe(ref);
  const { survivesRestart } = context.compute.traits;
  const decision = decideRecovery(task, { attempt, session, survivesRestart });
  context.metrics.taskRecovered(decision.do);
  context.log.warn('A task was taken over', {
    taskId: task.id,
    epoch: task.epoch,
    state: task.state,
    decision: decision.do,
  });
  switch (decision.do) {
    case 'continue':
      return task;
    case 'finish':
      await context.compute.stop(ref, { graceMs: context.times.stopGraceMs });
      return finish(
        task,
        context,
        attempt.result === null ? { kind: 'stopped', why: task.stop?.kind ?? 'cancel' } : { kind: 'finished' },
      );
    case 'lose':
      await context.compute.stop(ref, { graceMs: 0 });
      return loseAttempt(task, context, decision.why);
  }
}

/** A task that a backup brought back in the middle of an attempt: that attempt is long over, and none of its doing. */
async function bringBack(task: Task, context: OrchestratorContext): Promise<null> {
  await context.compute.stop({ taskId: task.id, epoch: task.epoch }, { graceMs: 0 });
  const now = context.clock.now();
  const why = 'Bosun was restored from a backup';
  await context.stores.tasks.move({
    fence: fenceOf(task),
    to: 'SUBMITTED',
    now,
    wait: { reason: 'backoff', wakeAt: now, note: why, blockedOn: null },
    event: {
      kind: 'task.attempt_lost',
      data: { why, lostAttempts: task.lostAttempts, wakeAt: now.toISOString() },
    },
  });
  return null;
}

/** Stops sessions that no live attempt stands behind. */
export async function reap(context: OrchestratorContext): Promise<number> {
  const sessions = await context.compute.list();
  const reaped = await Promise.all(sessions.map((session) => reapOne(session, context)));
  return reaped.filter(Boolean).length;
}

async function reapOne(session: SessionRef, context: OrchestratorContext): Promise<boolean> {
  const task = await context.stores.tasks.find(session.taskId);
  if (task?.epoch === session.epoch && (task.state === 'HYDRATING' || task.state === 'RUNNING')) {
    return false;
  }
  await context.compute.stop(session, { graceMs: 0 });
  if (task !== null && isPublished(session, task)) {
    await context.git.remove(session);
  }
  await context.compute.clean(session);
  return true;
}

/** Whether what the attempt made is on GitHub and nobody is at it any more, so that its repository can go. */
function isPublished(session: SessionRef, task: Task): boolean {
  const isOver = task.epoch !== session.epoch || task.state !== 'FINALIZING';
  return isOver && task.publication.epoch === session.epoch;
}
