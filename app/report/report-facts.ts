import type { Chain } from '../task/chain.ts';
import type { EarlierComment, LedgerTotals, QueuePosition } from '../store/stores.ts';
import type { TaskEvent } from '../task/events.ts';
import type { Attempt } from '../task/attempt.ts';
import type { Task } from '../task/task.ts';
import { settleCalls } from '../text/bounded/settle-calls.ts';
import type { Frame } from '../text/outgoing/frame.ts';

/** The rows a report is made of. Reports say nothing that is not in here. */
export interface ReportFacts {
  readonly task: Task;
  readonly events: readonly TaskEvent[];
  /** The latest attempt. */
  readonly attempt: Attempt | null;
  /** What the ledger holds for all attempts, by model. */
  readonly totals: readonly LedgerTotals[];
  /** Only while the task waits. */
  readonly position: QueuePosition | null;
  /** The status comment that this one supersedes. */
  readonly earlier: EarlierComment | null;
  /** The chain that the task belongs to; absent: none. */
  readonly chain?: Chain | null;
}

/** The same, where cleaning is done elsewhere and takes its time. */
export interface RenderPlan extends Omit<RenderOptions, 'clean'> {
  readonly clean: (...given: Parameters<RenderOptions['clean']>) => string | Promise<string>;
}

/** How to show them. */
export interface RenderOptions {
  /** Where people look at the repository, such as `https://github.com`; only links to it are made. */
  readonly serverUrl: string;
  /** Page of a task on the dashboard; null without one. */
  readonly taskUrl: ((taskId: string) => string) | null;
  /**
   * An agent's Markdown as it may stand in a comment: nothing in it acts or reaches beyond its end. The result must not be
   * cut or changed, only put into the frame that was named.
   */
  readonly clean: (markdown: string, shape: { readonly maxLength: number; readonly frame?: Frame }) => string;
}

/** Renders with text that is cleaned elsewhere. */
export function renderCleaned<T>(plan: RenderPlan, render: (options: RenderOptions) => T): Promise<T> {
  return settleCalls({ ask: plan.clean, unanswered: '' }, (clean) => render({ ...plan, clean }));
}
