import { resolveSettings } from '../../config/resolve-settings.ts';
import { repeatFlags, repeatTask } from '../../control/repeat-task.ts';
import { TASK_TYPE_RECORDS } from '../../task/task-types.ts';
import type { SettingFlags, Task } from '../../task/task.ts';
import { admit, approve, renderRefusal } from './admit-task.ts';
import { findOtherWriter } from './find-other-writer.ts';
import { refused, type AdmissionOptions, type Answer, type CommandRequest } from '../context.ts';
import { findActive, resumeWaiting } from './control-task.ts';
import { refuseThread } from './refuse-thread.ts';

/**
 * `/retry`: a new task of the same type with the flags of the command it repeats and those given now, continuing from
 * the work of the last one unless `--from-scratch`. On a paused task it is the same as `/resume`.
 */
export async function retryTask(order: CommandRequest, options: AdmissionOptions): Promise<Answer> {
  if (order.command.kind !== 'command') {
    throw new Error('retryTask takes a command');
  }
  const active = await findActive(order, options);
  if (active !== null) {
    return Object.keys(order.command.flags).length > 0
      ? refuseFlags(active, order.command.flags)
      : resumeWaiting(active, order, options);
  }
  const { repository, thread } = order.incoming;
  const last = await options.stores.tasks.findLatest(repository.id, thread.number);
  if (last === null) {
    return refused('nothing to retry', 'No task has run on this thread yet. Comment `/implement` to start one.');
  }
  return repeat(last, order, options);
}

/** Runs an ended task again, with the text as it is now. */
export async function repeat(last: Task, order: CommandRequest, options: AdmissionOptions): Promise<Answer> {
  const { flags: given, text } = order.command.kind === 'command' ? order.command : { flags: {}, text: '' };
  const unfit = refuseThread(order.incoming, TASK_TYPE_RECORDS[last.type]);
  if (unfit !== null) {
    return unfit;
  }
  const busy = await findOtherWriter(order, options, TASK_TYPE_RECORDS[last.type]);
  if (busy !== null) {
    return renderRefusal({ code: 'thread_busy', task: busy }, last);
  }
  const { fromScratch = false, quote: _quote, yes: _yes, ...flags } = given;
  const resolved = resolveSettings({
    type: last.type,
    flags: repeatFlags(last, flags),
    repoConfig: order.config,
    server: options.server,
  });
  if (!resolved.ok) {
    return refused('settings', resolved.problem);
  }
  const { semanticKey, incoming } = order;
  const id = await options.newId({ semanticKey, at: incoming.at });
  return admit(order, options, {
    ...repeatTask(last, { id, fromScratch, title: incoming.thread.title }),
    text: approve(order, text === '' ? last.text.request : text),
    settings: resolved.settings,
    budgetNano: resolved.budgetNano,
    priority: resolved.priority,
  });
}

/** A task that has not ended keeps the settings it was asked for with. */
function refuseFlags(task: Task, flags: SettingFlags): Answer {
  const money = flags.budgetNano === undefined ? '' : ' `/budget +5` adds money to it.';
  return refused(
    'task has not ended',
    `Task \`${task.id}\` has not ended, so its settings cannot be changed. Comment \`/resume\` to continue it with its current settings, or \`/cancel\` and then \`/retry\` with these flags.${money}`,
  );
}
