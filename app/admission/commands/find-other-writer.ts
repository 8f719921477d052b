import type { TaskType } from '../../task/task-type.ts';
import type { Task } from '../../task/task.ts';
import { publishesChanges, TASK_TYPE_RECORDS } from '../../task/task-types.ts';
import type { AdmissionOptions, CommandRequest } from '../context.ts';

/**
 * The task that has not ended and pushes to the same branch from another thread: the one of the issue that a pull request
 * of ours was opened for, or one on that pull request. Null for a type that pushes nothing.
 */
export async function findOtherWriter(
  { incoming }: CommandRequest,
  { stores }: Pick<AdmissionOptions, 'stores'>,
  type: TaskType,
): Promise<Task | null> {
  if (!publishesChanges(type)) {
    return null;
  }
  const { repository, thread } = incoming;
  const { tasks } = stores;
  if (thread.kind === 'pull_request') {
    const opener = await tasks.findOpener(repository.id, thread.number);
    return opener === null ? null : tasks.findActive(repository.id, opener.thread.number);
  }
  const latest = await tasks.findLatest(repository.id, thread.number);
  const pullNumber = latest?.publication.pullNumber ?? null;
  const onPull = pullNumber === null ? null : await tasks.findActive(repository.id, pullNumber);
  return onPull !== null && publishesChanges(TASK_TYPE_RECORDS[onPull.type]) ? onPull : null;
}
