import type { SessionFacts } from '../compute/compute.ts';
import type { Attempt, Task } from '../task/task.ts';
import type { OrchestratorContext } from './context.ts';
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
 * token may be out. A worker that still runs lost its door with that process, so it is ended and tried again.
 */
export function decideRecovery(task: Task, facts: { attempt: Attempt; session: SessionFacts }): RecoveryDecision {
  if (task.state === 'FINALIZING') {
    return { do: 'continue' };
  }
  if (task.state === 'RUNNING' && (facts.attempt.result !== null || task.stop !== null)) {
    return { do: 'finish' };
  }
  return { do: 'lose', why: 'Bosun was restarted while it ran' };
}

/** Takes over what lost its owner; resolves with the tasks to go on with. */
export async function recover(
  context: OrchestratorContext,
  options: { max: number; holding: readonly string[] },
): Promise<Task[]> {
  const now = context.clock.now();
  const adopted = await context.stores.tasks.adopt({
    owner: context.owner,
    now,
    leaseMs: context.times.leaseMs,
    max: options.max,
    holding: options.holding,
  });
  const goingOn: Task[] = [];
  for (const task of adopted) {
    try {
      const next = await recoverOne(task, context);
      if (next !== null) {
        goingOn.push(next);
      }
    } catch (error) {
      // One task that cannot be taken over keeps neither the others waiting nor Bosun from starting.
      context.log.error('A task could not be taken over; the next recovery tries again', {
        err: error,
        taskId: task.id,
        epoch: task.epoch,
      });
    }
  }
  return goingOn;
}

async function recoverOne(task: Task, context: OrchestratorContext): Promise<Task | null> {
  const ref = { taskId: task.id, epoch: task.epoch };
  const attempt = await context.stores.attempts.find(ref);
  if (attempt === null) {
    throw new Error(`attempt ${task.epoch} of task ${task.id} has no row`);
  }
  const session = await context.compute.probe(ref);
  const decision = decideRecovery(task, { attempt, session });
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

/** Stops sessions that no live attempt stands behind. */
export async function reap(context: OrchestratorContext): Promise<number> {
  let reaped = 0;
  for (const session of await context.compute.list()) {
    const task = await context.stores.tasks.find(session.taskId);
    const wanted =
      task !== null && task.epoch === session.epoch && (task.state === 'HYDRATING' || task.state === 'RUNNING');
    if (!wanted) {
      await context.compute.stop(session, { graceMs: 0 });
      await context.compute.clean(session);
      reaped += 1;
    }
  }
  return reaped;
}
