import type { Actor, RepositoryRef, Thread } from '../task/task.ts';

/**
 * Something people did that may be a command, taken from the signed payload. The text in it is the text that a command
 * approves: what the issue says later does not matter.
 */
export interface Incoming {
  readonly installationId: number;
  readonly repository: RepositoryRef & {
    readonly defaultBranch: string;
    readonly archived: boolean;
    readonly url: string;
  };
  readonly thread: Thread & {
    readonly title: string;
    readonly body: string;
    readonly author: Actor;
    readonly open: boolean;
    readonly locked: boolean;
  };
  /** The thread of the comment, when that is not the task's own thread but its pull request. */
  readonly postedOn?: Thread;
  /** The same as a thread of its own, for commands that are about the pull request itself. */
  readonly pull?: Incoming['thread'];
  readonly sender: Actor & { readonly isBot: boolean };
  /** When it happened at GitHub. */
  readonly at: Date;
  readonly cause: Cause;
  /** The order was found later, and the thread has changed since: its text may not be the one that was approved. */
  readonly textMayDiffer?: true;
  /** The process that had this delivery before has died, and may have handled the command without answering it. */
  readonly again?: true;
}

export type Cause =
  | { readonly kind: 'comment'; readonly commentId: number; readonly url: string; readonly body: string }
  /** The text of a submitted review of a pull request. */
  | { readonly kind: 'review'; readonly reviewId: number; readonly url: string; readonly body: string }
  /** A review was dismissed. */
  | { readonly kind: 'review_dismissed'; readonly reviewId: number }
  | { readonly kind: 'label'; readonly label: string }
  /** A button of the check run; `identifier` is ours. */
  | {
      readonly kind: 'button';
      readonly identifier: string;
      readonly taskId: string;
      readonly checkRunId: number;
      readonly completedAt: string;
    }
  | { readonly kind: 'comment_deleted'; readonly commentId: number }
  /** The issue was closed. */
  | { readonly kind: 'closed' }
  /** A label was removed. */
  | { readonly kind: 'unlabeled'; readonly label: string };
