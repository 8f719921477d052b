import { TASK_TYPE_RECORDS } from '../../task/task-types.ts';
import type { TaskSettings } from '../../task/task.ts';
import { admit, approve } from './admit-task.ts';
import { refused, type AdmissionOptions, type Answer, type Order } from '../context.ts';
import { findActive, resumeWaiting } from './control-task.ts';
import { refuseThread } from './refuse-thread.ts';

/**
 * `/retry`: a new task with the settings of the last one, going on from its work unless told `--from-scratch`. On a
 * paused task it is the same as `/resume`.
 */
export async function retryTask(order: Order, options: AdmissionOptions): Promise<Answer> {
  if (order.command.kind !== 'command') {
    throw new Error('retryTask takes a command');
  }
  const active = await findActive(order, options);
  if (active !== null) {
    return resumeWaiting(active, order, options);
  }
  const { repository, thread } = order.incoming;
  const last = await options.stores.tasks.findLatest(repository.id, thread.number);
  if (last === null) {
    return refused('nothing to retry', 'No task has run on this thread yet. Say `/implement` to start one.');
  }
  const unfit = refuseThread(order.incoming, TASK_TYPE_RECORDS[last.type]);
  if (unfit !== null) {
    return unfit;
  }
  const request = order.command.text === '' ? last.text.request : order.command.text;
  return admit(order, options, {
    text: approve(order, request),
    settings: withFresh(last.settings, order.command.flags.fresh ?? false),
    budgetNano: last.budgetNano,
    priority: last.priority,
    retryOf: order.command.flags.fromScratch === true ? null : last.id,
  });
}

/** Whether set-up runs again is asked for each time. */
function withFresh(settings: TaskSettings, fresh: boolean): TaskSettings {
  return settings.environment === undefined
    ? settings
    : { ...settings, environment: { ...settings.environment, fresh } };
}
