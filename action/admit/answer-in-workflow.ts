import { admitTask } from '../../app/admission/commands/admit-task.ts';
import { refused, type AdmissionOptions, type Answer, type CommandRequest } from '../../app/admission/context.ts';
import { RetryLater } from '../../app/admission/retry-later.ts';
import type { GitHub } from '../../app/github/github.ts';
import { branchName } from '../../app/task/branch-name.ts';
import { slugify } from '../../app/text/slug.ts';
import { findEarlier } from './find-earlier.ts';

/** What tells the tasks of this workflow run from those of others. */
export interface TaskNames {
  readonly key: Uint8Array;
  readonly taskId: string;
  readonly over: readonly string[];
}

const RETRY_MS = 10_000;
/** A run edits its comment at every sign of progress, and ends after an idle time without any. */
const MIN_STALE_MS = 60 * 60_000;

/**
 * How the Action answers where it knows less than the App: it forgets everything when the run ends, so an earlier task
 * is looked for on GitHub, `/retry` begins again, and what would need the earlier task's rows is explained.
 */
export async function answerInWorkflow(
  order: CommandRequest,
  about: { names: TaskNames; github: GitHub; options: AdmissionOptions },
): Promise<Answer | null> {
  if (order.command.kind !== 'command') {
    return null;
  }
  const { prefix } = order.config;
  switch (order.command.name) {
    case 'implement':
      return refuseTwice(order, about);
    case 'retry': {
      const twice = await refuseTwice(order, about);
      return (
        twice ?? admitTask({ ...order, command: { ...order.command, name: 'implement' } }, about.options, 'implement')
      );
    }
    case 'cancel':
    case 'pause':
      return refused(
        'not here',
        `Bosun runs as a workflow here, so a comment cannot reach a running task. Cancel its workflow run on the Actions page; the work so far is then not pushed.`,
      );
    case 'resume':
    case 'budget':
    case 'status':
      return refused(
        'not here',
        `Bosun runs as a workflow here and keeps no record of a task after its run. The status comment and the Actions page show what it did; \`${prefix}implement --budget 10\` starts a new task with that budget.`,
      );
    default:
      return null;
  }
}

/** L2 without a database: the same trigger is answered once, and a thread has one running task. */
async function refuseTwice(order: CommandRequest, about: { names: TaskNames; github: GitHub }): Promise<Answer | null> {
  const { repository, thread } = order.incoming;
  const { names, github } = about;
  const earlier = await findEarlier(
    {
      ...names,
      repository,
      thread: thread.number,
      branch: branchName(names.taskId, slugify(thread.title)),
      now: order.now,
      staleMs: Math.max(MIN_STALE_MS, 2 * (order.config.idleTimeoutMs ?? 0)),
    },
    github,
  );
  if (!earlier.ok) {
    const { problem } = earlier;
    throw new RetryLater(
      `earlier tasks: ${problem.message}`,
      problem.retryAt ?? new Date(order.now.getTime() + RETRY_MS),
    );
  }
  switch (earlier.value.kind) {
    case 'none':
      return null;
    case 'known':
      return { note: `known as task ${earlier.value.taskId}`, reaction: null, reply: null };
    case 'running':
      return refused(
        'thread busy',
        `Task \`${earlier.value.taskId}\` of this issue has not ended ([its status](${earlier.value.url})). Wait for it and comment again, or cancel its run on the Actions page.`,
      );
  }
}
