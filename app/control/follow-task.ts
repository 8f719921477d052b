import type { NewTask } from '../store/stores.ts';
import { branchName } from '../task/branch-name.ts';
import type { ApprovedText, Task, Trigger } from '../task/task.ts';
import { slugify } from '../text/slug.ts';

/** A task that nobody commanded: on the pull request of another one, which the repository's file asks for. */
export interface FollowingTask {
  readonly id: string;
  readonly type: Task['type'];
  readonly pullNumber: number;
  readonly trigger: Trigger;
  /** What is asked for in addition; empty is the request of the type. */
  readonly request: string;
  readonly at: Date;
  readonly hashText: (text: Pick<ApprovedText, 'title' | 'body' | 'request'>) => string;
}

/**
 * A task on the pull request that another one opened: in the name of whoever asked for that one, with its settings and its
 * budget, and with the text that was approved then.
 */
export function followTask(opener: Task, following: FollowingTask): NewTask {
  const { at, hashText, id, pullNumber, request, trigger, type } = following;
  const { asked: _, chain: __, ...settings } = opener.settings;
  const { author, body, title } = opener.text;
  return {
    id,
    type,
    installationId: opener.installationId,
    repository: opener.repository,
    thread: { number: pullNumber, kind: 'pull_request' },
    priority: opener.priority,
    requestedBy: opener.requestedBy,
    trigger,
    text: { title, body, author, request, sha256: hashText({ title, body, request }), at, throughCommentId: null },
    settings: { ...settings, baseBranch: null, dryRun: false },
    retryOf: null,
    budgetNano: opener.budgetNano,
    branch: branchName(id, slugify(title)),
  };
}
