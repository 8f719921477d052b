import type { EarlierWork } from '../task/earlier-work.ts';
import type { Task } from '../task/task.ts';
import type { OrchestratorContext } from './context.ts';

/**
 * Finds what an earlier attempt of this task, or of the task it retries, left behind. What a worker pushed counts only
 * if its attempt came after the last one that was published: published commits are rebuilt, so the branch and the
 * worker's own commits do not mix.
 */
export async function findEarlierWork(
  task: Task,
  context: Pick<OrchestratorContext, 'git' | 'stores'>,
): Promise<EarlierWork | null> {
  const own = await findWorkOf(task, { beforeEpoch: task.epoch }, context);
  if (own !== null || task.retryOf === null) {
    return own;
  }
  const previous = await context.stores.tasks.find(task.retryOf);
  return previous === null ? null : findWorkOf(previous, { beforeEpoch: previous.epoch + 1 }, context);
}

async function findWorkOf(
  task: Task,
  options: { beforeEpoch: number },
  context: Pick<OrchestratorContext, 'git' | 'stores'>,
): Promise<EarlierWork | null> {
  if (task.baseSha === null || task.baseBranch === null) {
    return null;
  }
  const { headSha } = task.publication;
  const base = { baseBranch: task.baseBranch, baseSha: task.baseSha };
  const publishedEpoch = task.publication.epoch ?? 0;
  for (let epoch = options.beforeEpoch - 1; epoch > publishedEpoch; epoch -= 1) {
    const sha = await context.git.tip({ taskId: task.id, epoch });
    if (sha !== null) {
      return {
        ...base,
        source: { kind: 'quarantined', taskId: task.id, epoch, sha },
        gateBaseSha: headSha ?? task.baseSha,
      };
    }
  }
  if (headSha === null) {
    return null;
  }
  return { ...base, source: { kind: 'published', branch: task.branch, sha: headSha }, gateBaseSha: headSha };
}
