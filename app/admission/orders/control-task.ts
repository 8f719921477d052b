import type { Task } from '../../task/task.ts';
import { approve } from './admit-task.ts';
import { accepted, refused, type AdmissionOptions, type Answer, type Order } from '../context.ts';

/** `/cancel`: ends what waits, asks what runs to stop. The status comment tells the rest. */
export async function stopTask(order: Order, options: AdmissionOptions): Promise<Answer> {
  return requestStop(order, options, 'cancel');
}

/** `/pause`: what runs keeps its work as a draft and waits for `/resume`. */
export async function pauseTask(order: Order, options: AdmissionOptions): Promise<Answer> {
  return requestStop(order, options, 'pause');
}

async function requestStop(order: Order, options: AdmissionOptions, kind: 'cancel' | 'pause'): Promise<Answer> {
  const task = await findActive(order, options);
  if (task === null && order.incoming.again === true && (await wasCancelled(order, options))) {
    return accepted(`${kind} ended before`);
  }
  if (task === null) {
    return refused(
      'nothing to stop',
      `Nothing is running or waiting on this thread, so there is nothing to ${kind}. Say \`/status\` to see what was.`,
    );
  }
  const { sender } = order.incoming;
  const stop = { kind, by: { id: sender.id, login: sender.login }, at: order.now };
  const result = await options.stores.tasks.requestStop({ taskId: task.id, stop, now: order.now });
  if (result.done === 'too_late') {
    const where =
      result.task.publication.pullUrl === null ? '' : ` Its pull request: ${result.task.publication.pullUrl}`;
    return refused('too late', `Too late to ${kind}: task \`${task.id}\` had already ended.${where}`);
  }
  return accepted(`${kind} ${result.done}: task ${task.id}`);
}

/** Whether the thread's last task ended after the order was given, by being cancelled: then the order did it. */
async function wasCancelled({ incoming }: Order, options: AdmissionOptions): Promise<boolean> {
  const last = await options.stores.tasks.findLatest(incoming.repository.id, incoming.thread.number);
  return last?.state === 'CANCELLED' && last.finishedAt !== null && last.finishedAt >= incoming.at;
}

/** `/resume`: a paused task goes on, with the text as this order saw it. */
export async function resumeTask(order: Order, options: AdmissionOptions): Promise<Answer> {
  const task = await findActive(order, options);
  if (task === null) {
    return refused('nothing to resume', 'Nothing waits on this thread. Say `/retry` to run the last task again.');
  }
  return resumeWaiting(task, order, options);
}

export async function resumeWaiting(task: Task, order: Order, options: AdmissionOptions): Promise<Answer> {
  const isDone = task.state !== 'SUBMITTED' || task.wait?.reason === 'slot';
  if (isDone && order.incoming.again === true) {
    return accepted(`task ${task.id} goes on already`);
  }
  if (task.state !== 'SUBMITTED') {
    return refused('already running', `Task \`${task.id}\` is running. Say \`/status\` to see where it stands.`);
  }
  if (task.wait?.reason === 'budget' && task.wait.blockedOn === null) {
    return refused(
      'budget used up',
      'The budget of this task is used up. Say `/budget +5` to add money; it goes on from there by itself.',
    );
  }
  const said = order.command.kind === 'command' ? order.command.text : '';
  const text = approve(order, said === '' ? task.text.request : `${task.text.request}\n\n${said}`.trim());
  const event = { kind: 'task.resumed' as const, data: { by: order.incoming.sender.login } };
  const resumed = await options.stores.tasks.resume({ taskId: task.id, now: order.now, event, text });
  return resumed === null
    ? refused('not waiting', `Task \`${task.id}\` is already in the queue. Say \`/status\` to see its position.`)
    : accepted(`resumed task ${task.id}`);
}

export function findActive(order: Order, options: AdmissionOptions): Promise<Task | null> {
  return options.stores.tasks.findActive(order.incoming.repository.id, order.incoming.thread.number);
}
