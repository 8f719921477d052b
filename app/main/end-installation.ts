import { ATTEMPT_STATES } from '../../protocol/index.ts';
import type { TaskStore } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';

const BATCH = 500;

/** The App was removed or suspended: everything of that installation is asked to end; nobody can be told any more. */
export async function endTasksOfInstallation(
  installationId: number,
  options: { tasks: Pick<TaskStore, 'list' | 'requestStop'>; clock: Clock },
): Promise<string> {
  const live = await options.tasks.list({ installationId, states: ['SUBMITTED', ...ATTEMPT_STATES], limit: BATCH });
  const now = options.clock.now();
  for (const task of live) {
    await options.tasks.requestStop({
      taskId: task.id,
      stop: { kind: 'cancel', by: { id: 0, login: 'github' }, at: now },
      now,
    });
  }
  return `installation removed: cancelling ${live.length} tasks`;
}
