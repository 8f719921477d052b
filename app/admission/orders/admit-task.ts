import { resolveSettings } from '../../config/resolve-settings.ts';
import { formatUsd } from '../../budget/money.ts';
import { decideBudgetPossible } from '../../budget/decide-limits.ts';
import type { NewTask } from '../../store/stores.ts';
import { branchName } from '../../task/branch-name.ts';
import { TASK_TYPE_RECORDS } from '../../task/task-types.ts';
import type { ApprovedText } from '../../task/task.ts';
import { hashApprovedText } from '../../text/hash-approved-text.ts';
import { slugify } from '../../text/slug.ts';
import {
  accepted,
  budgetLimits,
  outboxOf,
  refused,
  type AdmissionOptions,
  type Answer,
  type Order,
} from '../context.ts';
import { refuseThread } from './refuse-thread.ts';

/** `/implement`: a task in the queue, or the reason why not and what to do about it. */
export async function admitTask(order: Order, options: AdmissionOptions): Promise<Answer> {
  if (order.command.kind !== 'command') {
    throw new Error('admitTask takes a command');
  }
  const { saidOn, thread } = order.incoming;
  const unfit = refuseThread({ ...order.incoming, thread: { ...thread, ...saidOn } }, TASK_TYPE_RECORDS.implement);
  if (unfit !== null) {
    return unfit;
  }
  const resolved = resolveSettings({ flags: order.command.flags, repoConfig: order.config, server: options.server });
  if (!resolved.ok) {
    return refused('settings', resolved.problem);
  }
  const text = approve(order, order.command.text);
  return admit(order, options, {
    text,
    note: order.command.hasQuote === true ? QUOTE_LEFT_OUT : null,
    settings: resolved.settings,
    budgetNano: resolved.budgetNano,
    priority: resolved.priority,
    retryOf: null,
  });
}

/** The text that this order approves: what the signed payload carried, with its hash. */
export function approve(order: Order, request: string): ApprovedText {
  const { thread, at, cause } = order.incoming;
  const said = { title: thread.title, body: thread.body, request };
  return {
    ...said,
    author: thread.author,
    sha256: hashApprovedText(said),
    at,
    throughCommentId: cause.kind === 'comment' ? cause.commentId : null,
  };
}

const QUOTE_LEFT_OUT =
  'The part of the comment quoted with `>` is not part of the request, because a quote holds the words of somebody else. To ask for what it says, comment again and write it without `>`.';

type Substance = Pick<NewTask, 'text' | 'settings' | 'budgetNano' | 'priority' | 'retryOf'> & {
  /** What the author should know about how the command was understood; null when there is nothing. */
  readonly note?: string | null;
};

/** Puts a task with this substance into the queue, in one transaction with what is shown for it. */
export async function admit(order: Order, options: AdmissionOptions, substance: Substance): Promise<Answer> {
  const { incoming, semanticKey, now } = order;
  const possible = decideBudgetPossible(substance.budgetNano, budgetLimits(options.server, order.config));
  if (!possible.possible) {
    return refused(
      'budget',
      `This task asks for $${formatUsd(substance.budgetNano)}, but ${possible.note}. Say \`/implement --budget ${formatUsd(possible.mostNano)}\`, or let the operator raise the cap.`,
    );
  }
  const { cause } = incoming;
  const { note = null, ...taskInput } = substance;
  const id = await options.newId({ semanticKey, at: incoming.at });
  const task: NewTask = {
    id,
    installationId: incoming.installationId,
    repository: { id: incoming.repository.id, owner: incoming.repository.owner, name: incoming.repository.name },
    thread: { number: incoming.thread.number, kind: incoming.thread.kind },
    type: 'implement',
    requestedBy: { id: incoming.sender.id, login: incoming.sender.login },
    trigger: {
      kind: cause.kind === 'comment' ? 'comment' : 'label',
      commentId: cause.kind === 'comment' ? cause.commentId : null,
      url: cause.kind === 'comment' ? cause.url : null,
    },
    branch: branchName(id, slugify(incoming.thread.title)),
    ...taskInput,
  };
  const answer = accepted(`task ${id}`, note);
  const admitted = await options.stores.tasks.admit({
    task,
    semanticKey,
    now,
    rate: { perUserPerHour: options.server.limits.tasksPerUserPerHour },
    outbox: outboxOf(incoming, semanticKey, answer),
  });
  if (admitted.admitted) {
    return { ...answer, shown: true };
  }
  switch (admitted.why) {
    case 'same_trigger':
      return { note: `known as task ${admitted.task.id}`, reaction: null, reply: null };
    case 'thread_busy': {
      const link = admitted.task.publication.pullUrl ?? admitted.task.trigger.url;
      return refused(
        'thread busy',
        `Task \`${admitted.task.id}\` of this issue has not ended${link === null ? '' : ` ([here](${link}))`}. Say \`/status\` to see where it stands, \`/cancel\` to end it, or wait and ask again.`,
      );
    }
    case 'user_rate':
      return refused(
        'user rate',
        `You started ${options.server.limits.tasksPerUserPerHour} tasks in the last hour, which is the limit. Ask again after ${admitted.retryAt.toISOString().slice(11, 16)} UTC.`,
      );
  }
}
