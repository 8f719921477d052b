import type { z } from 'zod';
import type { Step, TaskTypeName } from '../../protocol/index.ts';
import type { Conclude } from './conclude.ts';
import type { Task, Thread } from './task.ts';

/** One line of the checklist in the status comment: it is under way while the task takes one of `steps`. */
export interface ChecklistItem {
  readonly steps: readonly Step[];
  readonly title: string;
  /** Text of others that follows the title, such as a command. */
  readonly code?: string;
}

/**
 * A part of the prompt. Of a pull request: its `diff`, its unresolved `review_threads`, and its `failing_checks` with the
 * end of their logs.
 */
export type PromptContext = 'thread' | 'comments' | 'instructions' | 'diff' | 'review_threads' | 'failing_checks';

/**
 * What a task of this type is: everything that differs between types, and the only place that names one. A new type is
 * a new record beside `task-types.ts`, its name in `protocol/`, and the `starts` of the command that asks for it.
 */
export interface TaskType {
  readonly name: TaskTypeName;
  /** Threads it may be asked for on. */
  readonly threads: readonly Thread['kind'][];
  /** What the prompt is made of, beside the request. */
  readonly context: readonly PromptContext[];
  /** Where its worker starts: at the base, or at the head of the pull request that the task is about. */
  readonly startsAt: 'base' | 'pull_head';
  /** Whether its worker may call a model; one that may not runs the command of its request and costs nothing. */
  readonly usesModel: boolean;
  /** The request of a command without words of its own. */
  readonly request: string;
  readonly systemPrompt: string;
  /** Schema of what the agent hands over when it finishes, beside its summary; null where the result is the change. */
  readonly output: z.ZodType | null;
  /**
   * What is done with the result: a branch with a draft pull request, a push to the branch of the pull request with an
   * answer to each review thread, one review of the pull request, or nothing beyond the row of a task that others wait for.
   */
  readonly finalizer: 'pull_request' | 'push' | 'review' | 'output';
  readonly conclude: Conclude;
  readonly checklist: (
    task: Pick<Task, 'settings' | 'thread'>,
    facts: { readonly verify: string | null },
  ) => readonly ChecklistItem[];
}
