import type { CommandName } from '../../../protocol/index.ts';
import { COMMANDS } from '../../command/commands.ts';
import { renderHelp } from '../../command/render-help.ts';
import { admitTask } from './admit-task.ts';
import { accepted, refused, type AdmissionOptions, type Answer, type CommandRequest } from '../context.ts';
import { acceptWork } from './accept-work.ts';
import { changeBudget } from './change-budget.ts';
import { curateLessons } from './curate-lessons.ts';
import { cancelTask, pauseTask, resumeTask } from './control-task.ts';
import { releaseHeld } from './release-held.ts';
import { retryTask } from './retry-task.ts';
import { showStatus } from './show-status.ts';

/** Whether the command approves what the thread says at that moment. */
function approvesText(name: CommandName): boolean {
  return COMMANDS[name].starts !== undefined || ['retry', 'resume', 'plan'].includes(name);
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
  const handle = HANDLERS[command.name];
  if (handle === null) {
    // What is not available yet is answered while the comment is read, so it never gets here as a command.
    throw new Error(`the command ${command.name} is not available and was not refused`);
  }
  return handle(order, options);
}

type Handler = (order: CommandRequest, options: AdmissionOptions) => Promise<Answer> | Answer;

/** Null for commands that start a task, as their record says, and for those of a later version. */
const HANDLERS: Readonly<Record<CommandName, Handler | null>> = {
  implement: null,
  status: showStatus,
  help: showHelp,
  cancel: cancelTask,
  retry: retryTask,
  pause: pauseTask,
  resume: resumeTask,
  budget: changeBudget,
  release: releaseHeld,
  accept: acceptWork,
  lesson: curateLessons,
  plan: null,
  approve: null,
  reject: null,
  fix: null,
  review: null,
};

function showHelp({ config, incoming }: CommandRequest): Answer {
  const thread = (incoming.postedOn ?? incoming.thread).kind;
  return accepted('help', renderHelp({ prefix: config.prefix, thread }));
}
