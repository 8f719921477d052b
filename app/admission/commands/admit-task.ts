import type { TaskTypeName } from '../../../protocol/index.ts';
import { resolveSettings } from '../../config/resolve-settings.ts';
import { formatUsd } from '../../budget/money.ts';
import { queueTask, type QueueResult } from '../../control/queue-task.ts';
import type { NewTask } from '../../store/stores.ts';
import { branchName } from '../../task/branch-name.ts';
import { TASK_TYPE_RECORDS } from '../../task/task-types.ts';
import type { ApprovedText, Task, TaskSettings } from '../../task/task.ts';
import { hashApprovedText } from '../../text/hash-approved-text.ts';
import { slugify } from '../../text/slug.ts';
import {
  accepted,
  budgetLimits,
  outboxOf,
  refused,
  type AdmissionOptions,
  type Answer,
  type CommandRequest,
} from '../context.ts';
import { wasCancelledEarly } from './early-cancel.ts';
import type { Incoming } from '../incoming.ts';
import { findOpenPull } from './find-open-pull.ts';
import { findOtherWriter } from './find-other-writer.ts';
import { answerQuote, quoteTask } from './quote-task.ts';
import { refuseThread } from './refuse-thread.ts';

/** A task of this type in the queue, or the reason why not and what to do about it. */
export async function admitTask(given: CommandRequest, options: AdmissionOptions, type: TaskTypeName): Promise<Answer> {
  if (given.command.kind !== 'command') {
    throw new Error('admitTask takes a command');
  }
  const record = TASK_TYPE_RECORDS[type];
  const { postedOn, pull, thread } = given.incoming;
  const isAboutPull = pull !== undefined && !record.threads.includes('issue');
  const incoming = isAboutPull ? withoutIssue(given.incoming, pull) : given.incoming;
  const order = { ...given, command: given.command, incoming };
  const unfit = refuseThread(isAboutPull ? incoming : { ...incoming, thread: { ...thread, ...postedOn } }, {
    name: type,
    threads: record.threads,
  });
  if (unfit !== null) {
    return unfit;
  }
  const busy = await findOtherWriter(order, options, record);
  if (busy !== null) {
    return renderRefusal({ code: 'thread_busy', task: busy }, { type, budgetNano: 0 });
  }
  if (await wasCancelledEarly(order.incoming, { keys: options.stores.keys, now: order.now })) {
    return refused(
      'cancelled before it arrived',
      `Nothing was started, because a \`/cancel\` posted after this command arrived before it. Comment \`/${type}\` again to start.`,
    );
  }
  const open =
    record.finalizer === 'pull_request'
      ? await findOpenPull(order, options, options.github(order.incoming.installationId))
      : null;
  if (open !== null) {
    return refused(
      'open pull request',
      `Task \`${open.task.id}\` has already opened ${open.url} for this issue. Comment \`/retry\`, followed by what is missing, to continue from its work. To start over, close that pull request and comment \`/implement\` again.`,
    );
  }
  const { quote: _quote, yes: _yes, ...flags } = given.command.flags;
  const resolved = resolveSettings({ type, flags, repoConfig: order.config, server: options.server });
  if (!resolved.ok) {
    return refused('settings', resolved.problem);
  }
  const { semanticKey } = order;
  const id = await options.newId({ semanticKey, at: incoming.at });
  return admit(order, options, {
    id,
    type,
    branch: branchName(id, slugify(incoming.thread.title)),
    text: approve(order, given.command.text),
    settings: resolved.settings,
    budgetNano: resolved.budgetNano,
    priority: resolved.priority,
    retryOf: null,
  });
}

/** A command about a pull request of ours is not about the issue that it was opened for. */
function withoutIssue(incoming: Incoming, pull: Incoming['thread']): Incoming {
  const { postedOn: _, pull: __, ...rest } = incoming;
  return { ...rest, thread: pull };
}

/** The text that this command approves: what the signed payload carried, with its hash. */
export function approve(order: CommandRequest, request: string): ApprovedText {
  const { thread, at, cause } = order.incoming;
  const approved = { title: thread.title, body: thread.body, request };
  return {
    ...approved,
    author: thread.author,
    sha256: hashApprovedText(approved),
    at,
    throughCommentId: cause.kind === 'comment' ? cause.commentId : null,
  };
}

const QUOTE_LEFT_OUT =
  'The part of the comment quoted with `>` was left out of the request, because quoted text was written by somebody else. To include it, comment again and write it without `>`.';

type TaskInput = Pick<NewTask, 'id' | 'type' | 'branch' | 'text' | 'settings' | 'budgetNano' | 'priority' | 'retryOf'>;

/** A bot gets this far only by its number in the repository's file; publishing asks by what right it was let in. */
function withRequester(settings: TaskSettings, sender: CommandRequest['incoming']['sender']): TaskSettings {
  const { allowedBotId: _, ...rest } = settings;
  return sender.isBot ? { ...rest, allowedBotId: sender.id } : rest;
}

/** Queues a task for the thread of this command, together with what is shown for it. */
export async function admit(order: CommandRequest, options: AdmissionOptions, input: TaskInput): Promise<Answer> {
  const { incoming, semanticKey, now } = order;
  const { cause } = incoming;
  const drafted: NewTask = {
    installationId: incoming.installationId,
    repository: { id: incoming.repository.id, owner: incoming.repository.owner, name: incoming.repository.name },
    thread: { number: incoming.thread.number, kind: incoming.thread.kind },
    requestedBy: { id: incoming.sender.id, login: incoming.sender.login },
    trigger: {
      kind: 'body' in cause ? 'comment' : 'label',
      commentId: cause.kind === 'comment' ? cause.commentId : null,
      url: 'url' in cause ? cause.url : null,
    },
    ...input,
    settings: withRequester(input.settings, incoming.sender),
  };
  const quote = await quoteTask(drafted, options);
  const quoted = answerQuote(order, { quote, budgetNano: input.budgetNano });
  if (quoted !== null) {
    return quoted;
  }
  const task: NewTask = { ...drafted, settings: { ...drafted.settings, quote } };
  const hasQuote = order.command.kind === 'command' && order.command.hasQuote === true;
  const answer = accepted(`task ${input.id}`, hasQuote ? QUOTE_LEFT_OUT : null);
  const outbox = outboxOf(incoming, semanticKey, answer);
  const result = await queueTask(
    { task, semanticKey, now, outbox },
    {
      tasks: options.stores.tasks,
      limits: budgetLimits(options.server, order.config),
      tasksPerUserPerHour: options.server.limits.tasksPerUserPerHour,
    },
  );
  return result.code === 'queued' ? { ...answer, shown: true } : renderRefusal(result, input);
}

/** What a refusal of the queue means for whoever asked. */
export function renderRefusal(
  result: Exclude<QueueResult, { code: 'queued' }>,
  input: Pick<TaskInput, 'type' | 'budgetNano'>,
): Answer {
  switch (result.code) {
    case 'known':
      return { note: `known as task ${result.task.id}`, reaction: null, reply: null };
    case 'budget_too_high':
      return refused(
        'budget',
        `This task asks for $${formatUsd(input.budgetNano)}, but ${result.note}. Comment \`/${input.type} --budget ${formatUsd(result.mostNano)}\`, or ask the operator to raise the cap.`,
      );
    case 'thread_busy': {
      const link = result.task.publication.pullUrl ?? result.task.trigger.url;
      return refused(
        'thread busy',
        `Task \`${result.task.id}\` of ${describeThread(result.task)} has not ended${link === null ? '' : ` ([here](${link}))`}. Comment \`/status\` to see its progress, \`/cancel\` to end it, or comment this command again when it has ended.`,
      );
    }
    case 'too_many_tasks':
      return refused(
        'user rate',
        `You started ${result.perHour} tasks in the last hour, which is the limit. Try again after ${result.retryAt.toISOString().slice(11, 16)} UTC.`,
      );
  }
}

function describeThread({ thread }: Task): string {
  return thread.kind === 'issue' ? `issue #${thread.number}` : `pull request #${thread.number}`;
}
