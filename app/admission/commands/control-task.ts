import { resumeTask as resume, type ResumeResult } from '../../control/resume-task.ts';
import { stopTask as stop } from '../../control/stop-task.ts';
import type { Task } from '../../task/task.ts';
import { rememberCancel } from './early-cancel.ts';
import { approve } from './admit-task.ts';
import { accepted, refused, type AdmissionOptions, type Answer, type CommandRequest } from '../context.ts';

/** `/cancel`: ends what waits, asks what runs to stop. The status comment shows what became of it. */
export async function cancelTask(order: CommandRequest, options: AdmissionOptions): Promise<Answer> {
  return requestStop(order, options, 'cancel');
}

/** `/pause`: what runs keeps its work as a draft and waits for `/resume`. */
export async function pauseTask(order: CommandRequest, options: AdmissionOptions): Promise<Answer> {
  return requestStop(order, options, 'pause');
}

async function requestStop(
  order: CommandRequest,
  options: AdmissionOptions,
  kind: 'cancel' | 'pause',
): Promise<Answer> {
  const task = await findActive(order, options);
  if (task === null && order.incoming.again === true && (await hasEndedByThisCommand(order, options))) {
    return accepted(`${kind} ended before`);
  }
  if (task === null) {
    if (kind === 'cancel') {
      await rememberCancel(order.incoming, options.stores.keys);
    }
    return refused(
      'nothing to stop',
      `No task is running or waiting on this thread, so there is nothing to ${kind}. Comment \`/status\` to see the last one.`,
    );
  }
  const { sender } = order.incoming;
  const request = { kind, by: { id: sender.id, login: sender.login }, at: order.now };
  const result = await stop({ taskId: task.id, stop: request }, options.stores);
  if (result.code === 'already_ended') {
    const { pullUrl } = result.task.publication;
    const where = pullUrl === null ? '' : ` Its pull request: ${pullUrl}`;
    return refused('already ended', `Too late to ${kind}: task \`${task.id}\` had already ended.${where}`);
  }
  return accepted(`${result.code}: task ${task.id}`);
}

/** Whether the thread's last task ended by being cancelled after the command was given: then this command did it. */
async function hasEndedByThisCommand({ incoming }: CommandRequest, options: AdmissionOptions): Promise<boolean> {
  const last = await options.stores.tasks.findLatest(incoming.repository.id, incoming.thread.number);
  return last?.state === 'CANCELLED' && last.finishedAt !== null && last.finishedAt >= incoming.at;
}

/** `/resume`: a paused task continues, with the text as it is now. */
export async function resumeTask(order: CommandRequest, options: AdmissionOptions): Promise<Answer> {
  const task = await findActive(order, options);
  if (task === null) {
    return refused('nothing to resume', 'No task waits on this thread. Comment `/retry` to run the last one again.');
  }
  return resumeWaiting(task, order, options);
}

export async function resumeWaiting(task: Task, order: CommandRequest, options: AdmissionOptions): Promise<Answer> {
  const added = order.command.kind === 'command' ? order.command.text : '';
  const text = approve(order, added === '' ? task.text.request : `${task.text.request}\n\n${added}`.trim());
  const { sender } = order.incoming;
  const by = { id: sender.id, login: sender.login };
  const result = await resume({ task, by, now: order.now, text }, options.stores);
  const isDone = result.code === 'already_running' || result.code === 'already_queued';
  return isDone && order.incoming.again === true
    ? accepted(`task ${task.id} goes on already`)
    : renderResume(result, task);
}

function renderResume({ code }: ResumeResult, task: Task): Answer {
  switch (code) {
    case 'resumed':
      return accepted(`resumed task ${task.id}`);
    case 'already_running':
      return refused(
        'already running',
        `Task \`${task.id}\` is already running. Comment \`/status\` to see its progress.`,
      );
    case 'already_queued':
      return refused(
        'not waiting',
        `Task \`${task.id}\` is already in the queue. Comment \`/status\` to see its position.`,
      );
    case 'already_ended':
      return refused('already ended', `Task \`${task.id}\` has already ended. Comment \`/retry\` to run it again.`);
    case 'budget_used_up':
      return refused(
        'budget used up',
        'The budget of this task is used up. Comment `/budget +5` to add money; the task then continues automatically.',
      );
  }
}

export function findActive(order: CommandRequest, options: AdmissionOptions): Promise<Task | null> {
  return options.stores.tasks.findActive(order.incoming.repository.id, order.incoming.thread.number);
}
