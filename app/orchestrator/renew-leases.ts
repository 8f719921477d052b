import type { OrchestratorContext } from './context.ts';
import type { RunningTasks } from './running-tasks.ts';

/** Renews the leases of all running tasks in one statement, and drops the tasks that another process has taken over. */
export async function renewLeases(context: OrchestratorContext, running: RunningTasks): Promise<void> {
  const renewed = await context.stores.tasks.renew({
    owner: context.owner,
    holding: running.ids(),
    now: context.clock.now(),
    leaseMs: context.times.leaseMs,
  });
  const owned = new Set(renewed.map((fence) => `${fence.taskId}:${fence.leaseNumber}`));
  for (const { task, run } of running.all()) {
    if (!owned.has(`${task.id}:${task.lease?.number ?? 0}`)) {
      const row = await context.stores.tasks.find(task.id);
      if (row !== null && row.lease?.number !== task.lease?.number) {
        context.metrics.leaseLost();
        context.log.warn('A lease was lost; the task is left to its new owner', {
          taskId: task.id,
          epoch: task.epoch,
        });
        run.drop();
      }
    }
  }
}
