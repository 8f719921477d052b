import { ulid } from 'ulid';
import { formatUsd } from '../../budget/money.ts';
import { lowerLimits } from '../../budget/lower-limits.ts';
import { queueTask, type QueueResult } from '../../control/queue-task.ts';
import { repeatTask } from '../../control/repeat-task.ts';
import { controlCommand, type ControlCall, type ControlOutcome } from './control-command.ts';
import { resumeAsOperator } from './resume-command.ts';

/**
 * `bosun retry ID`: a new task with the text that was approved and the settings of the last one, in the name of whoever
 * asked for it. A paused task is resumed.
 */
export const retryCommand = controlCommand(
  {
    name: 'retry',
    summary: 'Run an ended task again, continuing from its work; resume a paused one',
    flags: { 'from-scratch': { type: 'boolean', description: 'start over instead of continuing from the last work' } },
    examples: ['bosun retry 01KAH3M8RZ0W6Y2F4T5N7Q9XCD', 'bosun retry 01KAH3M8RZ0W6Y2F4T5N7Q9XCD --from-scratch'],
  },
  (call) => (call.task.finishedAt === null ? resumeAsOperator(call) : repeatAsOperator(call)),
);

async function repeatAsOperator({ flags, now, server, stores, task: last }: ControlCall): Promise<ControlOutcome> {
  const id = ulid(now.getTime());
  const result = await queueTask(
    {
      task: {
        installationId: last.installationId,
        repository: last.repository,
        thread: last.thread,
        requestedBy: last.requestedBy,
        trigger: { kind: 'cli', commentId: null, url: null },
        text: last.text,
        settings: last.settings,
        budgetNano: last.budgetNano,
        priority: last.priority,
        ...repeatTask(last, { id, fromScratch: flags['from-scratch'] === true, title: last.text.title }),
      },
      semanticKey: `cli/retry/${id}`,
      now,
      outbox: [],
    },
    {
      tasks: stores.tasks,
      limits: lowerLimits(server.limits.budgets, last.settings.limits ?? null),
      // An operator is not held to what one person may ask for in an hour.
      tasksPerUserPerHour: Number.MAX_SAFE_INTEGER,
    },
  );
  return { code: result.code, task: 'task' in result ? result.task : last, ...describe(result, last.id) };
}

function describe(result: QueueResult, lastId: string): Pick<ControlOutcome, 'sentence' | 'remedy'> {
  switch (result.code) {
    case 'queued':
    case 'known':
      return { sentence: `Task ${result.task.id} is in the queue; it repeats ${lastId}.`, remedy: null };
    case 'thread_busy':
      return {
        sentence: `task ${result.task.id} of the same issue has not ended`,
        remedy: `Wait for it, or end it with \`bosun cancel ${result.task.id}\`.`,
      };
    case 'budget_too_high':
      return {
        sentence: `the budget of task ${lastId} exceeds a cap: ${result.note}`,
        remedy: `Raise the cap, or comment on the issue \`/retry --budget ${formatUsd(result.mostNano)}\`.`,
      };
    case 'too_many_tasks':
      return {
        sentence: `${result.perHour} tasks were started in the last hour`,
        remedy: `Try again after ${result.retryAt.toISOString()}.`,
      };
  }
}
