import { describeCap, leftOf } from '../budget/scopes.ts';
import { formatUsd, wholeCents } from '../budget/money.ts';
import { lowerLimits } from '../budget/lower-limits.ts';
import type { ServerConfig } from '../config/server-config.ts';
import type { TaskStore } from '../store/stores.ts';
import { OPERATOR, type Actor, type NanoUsd, type Task } from '../task/task.ts';
import { acceptTask } from './accept-task.ts';
import { queueTask } from './queue-task.ts';

import { repeatTask } from './repeat-task.ts';
import { resumeTask } from './resume-task.ts';
import { stopTask } from './stop-task.ts';
import { topUp, topUpFactsOf } from './top-up.ts';

export const TASK_ACTIONS = ['cancel', 'pause', 'resume', 'retry', 'top-up', 'release'] as const;
export type TaskAction = (typeof TASK_ACTIONS)[number];

export interface TaskActionRequest {
  readonly action: TaskAction;
  readonly task: Task;
  readonly by: Actor;
  readonly now: Date;
  /** The same key does the same thing once. */
  readonly key: string;
  /** With `top-up`. */
  readonly addNano?: NanoUsd;
  /** With `retry`: start over instead of continuing from the last work. */
  readonly fromScratch?: boolean;
  /** With `release`: the commit that was looked at. */
  readonly commit?: string;
}

/** What became of it: a code for programs, and a sentence for people. */
export interface TaskActionResult {
  readonly code: string;
  readonly done: boolean;
  /** As it is now; with `retry` the new one. */
  readonly task: Task;
  readonly sentence: string;
}

export interface ActionOptions {
  readonly tasks: Pick<TaskStore, 'admit' | 'find' | 'raiseBudget' | 'requestStop' | 'resume'>;
  readonly server: Pick<ServerConfig, 'limits'>;
  readonly newId: (at: Date) => string;
}

/** Does to a task what a person with the right to it asks for on a page or over the API. */
export async function actOnTask(request: TaskActionRequest, options: ActionOptions): Promise<TaskActionResult> {
  const { action, by, now, task } = request;
  switch (action) {
    case 'cancel':
    case 'pause': {
      const { code, task: after } = await stopTask({ taskId: task.id, stop: { kind: action, by, at: now } }, options);
      const sentence = {
        cancelled: 'The task is cancelled.',
        paused: 'The task is paused.',
        cancel_requested: 'The task is being cancelled; its work is saved first.',
        pause_requested: 'The task is being paused; its work is published as a draft first.',
        already_ended: `It is too late to ${action} the task: it has ended already.`,
      }[code];
      return { code, done: code !== 'already_ended', task: after, sentence };
    }
    case 'resume':
      return resume(request, options);
    case 'retry':
      return task.finishedAt === null ? resume(request, options) : repeat(request, options);
    case 'top-up':
      return addMoney(request, options);
    case 'release':
      return release(request, options);
  }
}

async function resume({ by, now, task }: TaskActionRequest, options: ActionOptions): Promise<TaskActionResult> {
  const { code, task: after } = await resumeTask({ task, by, now }, options);
  const sentence = {
    resumed: 'The task continues.',
    already_running: 'The task is running already.',
    already_queued: 'The task is in the queue already.',
    already_ended: 'The task has ended; retry it instead.',
    budget_used_up: 'The budget of the task is used up. Add money, and it continues by itself.',
  }[code];
  return { code, done: code === 'resumed', task: after, sentence };
}

async function repeat(request: TaskActionRequest, options: ActionOptions): Promise<TaskActionResult> {
  const { by, fromScratch = false, key, now, task: last } = request;
  const id = options.newId(now);
  const isOperator = by.id === OPERATOR.id;
  const result = await queueTask(
    {
      task: {
        installationId: last.installationId,
        repository: last.repository,
        thread: last.thread,
        // The operator has no account, so the task stays in the name of who asked for it first.
        requestedBy: isOperator ? last.requestedBy : by,
        trigger: { kind: 'cli', commentId: null, url: null },
        text: last.text,
        settings: last.settings,
        budgetNano: last.budgetNano,
        priority: last.priority,
        ...repeatTask(last, { id, fromScratch, title: last.text.title }),
      },
      semanticKey: `action/retry/${last.id}/${key}`,
      now,
      outbox: [],
    },
    {
      tasks: options.tasks,
      limits: lowerLimits(options.server.limits.budgets, last.settings.limits ?? null),
      tasksPerUserPerHour: isOperator ? Number.MAX_SAFE_INTEGER : options.server.limits.tasksPerUserPerHour,
    },
  );
  const { code } = result;
  switch (code) {
    case 'queued':
    case 'known':
      return { code, done: true, task: result.task, sentence: 'A new task that repeats it is in the queue.' };
    case 'thread_busy':
      return { code, done: false, task: result.task, sentence: 'Another task of the same issue has not ended.' };
    case 'budget_too_high':
      return { code, done: false, task: last, sentence: `Its budget exceeds a cap: ${result.note}.` };
    case 'too_many_tasks': {
      const { perHour, retryAt } = result;
      const sentence = `You started ${perHour} tasks in the last hour. Try again after ${retryAt.toISOString()}.`;
      return { code, done: false, task: last, sentence };
    }
  }
}

async function addMoney(request: TaskActionRequest, options: ActionOptions): Promise<TaskActionResult> {
  const { addNano = 0, by, key, now, task } = request;
  const result = await topUp(
    { task, addNano, by, now, key: `action/budget/${task.id}/${key}` },
    { tasks: options.tasks, facts: topUpFactsOf(task, options.server) },
  );
  const { code } = result;
  switch (code) {
    case 'raised': {
      const goes = result.resumed ? ' It continues.' : '';
      const sentence = `The task may now spend $${formatUsd(result.task.budgetNano)}.${goes}`;
      return { code, done: true, task: result.task, sentence };
    }
    case 'never_fits': {
      const most = formatUsd(Math.max(0, wholeCents(result.mostNano)));
      return { code, done: false, task, sentence: `That exceeds a cap; at most $${most} can be added.` };
    }
    case 'scope_full': {
      const { scope } = result;
      const left = formatUsd(leftOf(scope));
      const sentence = `The ${describeCap(scope)} has only $${left} left. It resets at ${scope.resetsAt.toISOString()}.`;
      return { code, done: false, task, sentence };
    }
    case 'already_ended':
      return { code, done: false, task, sentence: 'The task has ended; retry it instead.' };
  }
}

async function release(request: TaskActionRequest, options: ActionOptions): Promise<TaskActionResult> {
  const { by, commit = null, now, task } = request;
  const { code, task: after } = await acceptTask({ task, by, now, commit, saidAt: now }, options);
  const sentence = {
    released: 'The work is released and will be published.',
    accepted: 'The work is accepted as it is.',
    already_accepted: 'The work was accepted already.',
    nothing_to_accept: 'There is nothing to accept.',
    agent_asks: 'The agent asked something; answer on the issue.',
    already_released: 'The work was released already.',
    already_ended: 'The task has ended.',
    nothing_held: 'The task holds nothing.',
    another_commit: 'The task holds another commit by now. Look at it, then release it.',
  }[code];
  return { code, done: code === 'released' || code === 'accepted', task: after, sentence };
}
