import { stopTask, type StopResult } from '../../control/stop-task.ts';
import { OPERATOR, type StopRequest } from '../../task/task.ts';
import { controlCommand, type ControlCall, type ControlOutcome } from './control-command.ts';

/** `bosun cancel ID`. */
export const cancelCommand = controlCommand(
  {
    name: 'cancel',
    summary: 'Cancel a task; its work is kept and not pushed',
    examples: ['bosun cancel 01KAH3M8RZ0W6Y2F4T5N7Q9XCD'],
  },
  (call) => stopAs('cancel', call),
);

export async function stopAs(kind: StopRequest['kind'], { now, stores, task }: ControlCall): Promise<ControlOutcome> {
  const result = await stopTask({ taskId: task.id, stop: { kind, by: OPERATOR, at: now } }, stores);
  return { code: result.code, task: result.task, ...describe(result, kind) };
}

function describe({ code, task }: StopResult, kind: string): Pick<ControlOutcome, 'sentence' | 'remedy'> {
  switch (code) {
    case 'cancelled':
      return { sentence: `Task ${task.id} is cancelled.`, remedy: null };
    case 'paused':
      return { sentence: `Task ${task.id} is paused. \`bosun resume ${task.id}\` continues it.`, remedy: null };
    case 'cancel_requested':
      return { sentence: `Task ${task.id} is being cancelled; its work is saved first.`, remedy: null };
    case 'pause_requested':
      return { sentence: `Task ${task.id} is being paused; its work is published as a draft first.`, remedy: null };
    case 'already_ended':
      return {
        sentence: `it is too late to ${kind} task ${task.id}: it ended as ${task.state}`,
        remedy: `Run it again with \`bosun retry ${task.id}\`.`,
      };
  }
}
