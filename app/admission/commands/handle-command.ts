import type { CommandName } from '../../../protocol/index.ts';
import { COMMANDS } from '../../command/commands.ts';
import { renderHelp } from '../../command/render-help.ts';
import { admitTask } from './admit-task.ts';
import { accepted, refused, type AdmissionOptions, type Answer, type CommandRequest } from '../context.ts';
import { changeBudget } from './change-budget.ts';
import { cancelTask, pauseTask, resumeTask } from './control-task.ts';
import { releaseHeld } from './release-held.ts';
import { retryTask } from './retry-task.ts';
import { showStatus } from './show-status.ts';

/** Whether the command approves what the thread says at that moment. */
function approvesText(name: CommandName): boolean {
  return COMMANDS[name].starts !== undefined || ['retry', 'resume', 'plan', 'fix'].includes(name);
}

const LATE_REPLY =
  'GitHub did not deliver this command. Bosun found it later, and the thread has changed since then. Comment it again to approve the text as it is now.';

/** One command, one function. An invalid command is answered with its correct form. */
export async function handleCommand(order: CommandRequest, options: AdmissionOptions): Promise<Answer> {
  const { command } = order;
  if (command.kind === 'reply') {
    return refused(command.code, command.reply);
  }
  if (order.incoming.textMayDiffer === true && approvesText(command.name)) {
    return refused('late, and the thread has changed', LATE_REPLY);
  }
  const answer = (await options.interceptCommand?.(order)) ?? null;
  if (answer !== null) {
    return answer;
  }
  const { starts } = COMMANDS[command.name];
  if (starts !== undefined) {
    return admitTask(order, options, starts);
  }
  switch (command.name) {
    case 'retry':
      return retryTask(order, options);
    case 'cancel':
      return cancelTask(order, options);
    case 'pause':
      return pauseTask(order, options);
    case 'resume':
      return resumeTask(order, options);
    case 'release':
      return releaseHeld(order, options);
    case 'budget':
      return changeBudget(order, options);
    case 'status':
      return showStatus(order, options);
    case 'help':
      return accepted(
        'help',
        renderHelp({
          prefix: order.config.prefix,
          thread: (order.incoming.postedOn ?? order.incoming.thread).kind,
        }),
      );
    default:
      // What is not available yet is answered while the comment is read, so it never gets here as a command.
      throw new Error(`the command ${command.name} is not available and was not refused`);
  }
}
