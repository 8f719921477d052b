import { fenceOf, matchesFence } from '../task/fence.ts';
import type { Task } from '../task/task.ts';
import type { OrchestratorContext } from './context.ts';
import { isWorking } from './recover.ts';
import type { RunningTask } from './running-tasks.ts';

/**
 * Ends this process's part in a task: its worker pushes what it has, then a running task goes back to the queue at
 * once, and one that is being finalized keeps its lease until another process takes it over. Never rejects: a worker
 * that cannot be stopped or a database that does not answer must not keep the other tasks, and the process, from
 * ending. What was not handed back is taken over when its lease has expired. A worker that outlives this process is
 * left alone, with its task and lease: the next start follows it again.
 */
export async function windDown({ done, run, task }: RunningTask, context: OrchestratorContext): Promise<void> {
  const session = { taskId: task.id, epoch: task.epoch };
  run.drop();
  try {
    if (await goesOn(task, context)) {
      await done;
      return;
    }
    await context.compute.stop(session, { graceMs: context.times.stopGraceMs });
    await done;
    await handBack(task, context);
  } catch (error) {
    context.log.error('A task could not be released; it is taken over when its lease expires', {
      err: error,
      ...session,
    });
    await done;
  }
}

async function goesOn(task: Task, context: OrchestratorContext): Promise<boolean> {
  if (!context.compute.traits.survivesRestart) {
    return false;
  }
  const found = await context.stores.attempts.findWithTask({
    taskId: task.id,
    epoch: task.epoch,
    now: context.clock.now(),
  });
  return found !== null && found.task.epoch === task.epoch && isWorking(found.task, found.attempt);
}

async function handBack(task: Task, context: OrchestratorContext): Promise<void> {
  const { id: taskId, epoch } = task;
  const fence = fenceOf(task);
  const row = await context.stores.tasks.find(taskId);
  if (row === null || !matchesFence(row, fence) || (row.state !== 'RUNNING' && row.state !== 'HYDRATING')) {
    return;
  }
  // A worker that was just being started when the wind-down began has not been stopped yet.
  await context.compute.stop({ taskId, epoch }, { graceMs: 0 });
  const now = context.clock.now();
  await context.stores.tasks.move({
    fence,
    to: 'SUBMITTED',
    now,
    wait: {
      reason: 'backoff',
      wakeAt: now,
      note: 'Bosun was restarted; the task continues from its last push',
      blockedOn: null,
    },
    event: {
      kind: 'task.attempt_lost',
      data: { why: 'restart', lostAttempts: row.lostAttempts, wakeAt: now.toISOString() },
    },
  });
}
