import type { NewTask } from '../store/stores.ts';
import { branchName } from '../task/branch-name.ts';
import type { SettingFlags, Task } from '../task/task.ts';
import { slugify } from '../text/slug.ts';

/** The flags of the command that a retry repeats, below those that it brings itself. */
export function repeatFlags(last: Task, given: SettingFlags): SettingFlags {
  const { settings } = last;
  const { fresh: _onceOnly, ...repeated } = settings.asked ?? {
    model: settings.model,
    maxTurns: settings.maxTurns,
    timeoutMs: settings.timeoutMs,
    ...(settings.baseBranch === null ? {} : { base: settings.baseBranch }),
    ...(settings.path === null ? {} : { path: settings.path }),
    dryRun: settings.dryRun,
  };
  if (given.model !== undefined || given.tier !== undefined || given.size !== undefined) {
    const { model: _model, tier: _tier, size: _size, ...others } = repeated as SettingFlags;
    return { ...others, budgetNano: last.budgetNano, priority: last.priority, ...given };
  }
  // The budget as it was in the end, with what was added to it on the way.
  return { ...repeated, budgetNano: last.budgetNano, priority: last.priority, ...given };
}

/**
 * What a retry takes over from the task that it repeats. From scratch it has nothing to continue from. The branch is
 * the one for the case that the last one cannot be continued, because its pull request was merged or closed or it was
 * deleted: only GitHub knows that, so `settleBranch` decides it when the attempt begins.
 */
export function repeatTask(
  last: Task,
  retry: { readonly id: string; readonly fromScratch: boolean; readonly title: string },
): Pick<NewTask, 'id' | 'type' | 'retryOf' | 'branch'> {
  return {
    id: retry.id,
    type: last.type,
    retryOf: retry.fromScratch ? null : last.id,
    branch: branchName(retry.id, slugify(retry.title)),
  };
}
