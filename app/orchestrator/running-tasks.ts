import { ANY_ID } from '../queue/mailbox.ts';
import type { Task } from '../task/task.ts';
import type { OrchestratorContext } from './context.ts';
import type { Reaping } from './reaping/create-reaping.ts';
import { runTask } from './run-task.ts';
import { createTaskRun, type TaskRun } from './task-run.ts';

export interface RunningTask {
  readonly task: Task;
  readonly run: TaskRun;
  /** Resolves when this process takes no further step of the task. */
  readonly done: Promise<void>;
}

/** The tasks whose lease this process owns. */
export interface RunningTasks {
  run(task: Task): void;
  has(taskId: string): boolean;
  ids(): string[];
  all(): RunningTask[];
  /** Has the task look at its rows again; `ANY_ID` for every one. */
  nudge(taskId: string): void;
}

/** `onSlotFreed` is called when a task has ended or waits: something else may start. */
export function createRunningTasks(
  context: OrchestratorContext,
  { onSlotFreed, reaping }: { onSlotFreed: () => void; reaping: Reaping },
): RunningTasks {
  const running = new Map<string, RunningTask>();

  return {
    run(task) {
      const run = createTaskRun(context.clock, reaping);
      const done = runTask(task, context, run.signals).finally(() => {
        // Back in the queue it may have been claimed again before this run had cleaned up after itself.
        if (running.get(task.id)?.run === run) {
          running.delete(task.id);
        }
        onSlotFreed();
      });
      running.set(task.id, { task, run, done });
    },
    has: (taskId) => running.has(taskId),
    ids: () => [...running.keys()],
    all: () => [...running.values()],
    nudge(taskId) {
      const nudged = taskId === ANY_ID ? [...running.values()] : [running.get(taskId)];
      nudged.forEach((entry) => entry?.run.signals.nudge());
    },
  };
}
