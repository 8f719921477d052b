import { labelKey } from '../config/label-name.ts';
import { COMMANDS } from '../command/commands.ts';
import { parseComment } from '../command/parse-comment.ts';
import { defaultLabels } from '../config/repo/to-config.ts';
import { stopTask } from '../control/stop-task.ts';
import { findInRetries } from '../task/find-in-retries.ts';
import type { StopEvent, Task } from '../task/task.ts';
import type { AdmissionOptions } from './context.ts';
import type { Incoming } from './incoming.ts';
import { RetryLater } from './retry-later.ts';

const RETRY_MS = 30_000;

export type StopCause = { readonly kind: 'closed' } | { readonly kind: 'unlabeled'; readonly label: string };

/**
 * Cancels the task of an issue that a person closed, or from which a person removed the label that started it, where
 * `stop_on` of the repository names that event. GitHub lets only the author of an issue and people with triage rights do
 * either, and both only stop spending; so no further right is asked for. Handling the event again changes nothing.
 */
export async function stopOnEvent(incoming: Incoming, cause: StopCause, options: AdmissionOptions): Promise<string> {
  const { repository, sender, thread } = incoming;
  if (sender.isBot) {
    return `ignored: ${cause.kind} by bot ${sender.id}`;
  }
  const task = await options.stores.tasks.findActive(repository.id, thread.number);
  if (task === null) {
    return `ignored: ${cause.kind}, and no task to stop`;
  }
  const wantedAt = task.trigger.kind === 'cli' ? task.createdAt : task.text.at;
  if (incoming.at < wantedAt) {
    return `ignored: ${cause.kind} before task ${task.id} was asked for`;
  }
  const github = options.github(incoming.installationId);
  const file = await options.repoFiles.read(repository, github);
  const { labels, stopOn } = file.ok ? file.config : { labels: defaultLabels(), stopOn: [cause.kind] };
  if (!stopOn.includes(cause.kind)) {
    return `ignored: stop_on does not name ${cause.kind}`;
  }
  if (cause.kind === 'unlabeled' && !(task.trigger.kind === 'label' && startsWork(labels, cause.label))) {
    return 'ignored: another label than the one that started the task';
  }
  if (cause.kind === 'closed' && (await wasMerged(task, incoming, options))) {
    return 'ignored: closed by the merge of our pull request';
  }
  const now = options.clock.now();
  const by = { id: sender.id, login: sender.login };
  const stop = { kind: 'cancel' as const, by, at: now, event: cause.kind satisfies StopEvent };
  const result = await stopTask({ taskId: task.id, stop }, options.stores);
  return `${result.code}: task ${task.id}, ${cause.kind}`;
}

function startsWork(labels: Readonly<Record<string, string>>, label: string): boolean {
  const text = labels[labelKey(label)];
  const commands = text === undefined ? [] : parseComment(`/${text}`, { prefix: '/' });
  return commands.some((command) => command.kind === 'command' && COMMANDS[command.name].starts !== undefined);
}

/**
 * Whether the pull request of the task, or of one that it repeats, is merged: GitHub then closes the issue in the name of
 * whoever merged, and the event does not say why.
 */
async function wasMerged(task: Task, incoming: Incoming, options: AdmissionOptions): Promise<boolean> {
  const { tasks } = options.stores;
  const owner = await findInRetries(task, {
    find: tasks.find,
    matches: ({ publication }) => publication.pullNumber !== null,
  });
  const number = owner?.publication.pullNumber ?? null;
  if (number === null) {
    return false;
  }
  const pull = await options.github(incoming.installationId).fetchPull(incoming.repository, number);
  if (pull.ok) {
    return pull.value.state === 'merged';
  }
  const { problem } = pull;
  if (problem.kind === 'not_found' || problem.kind === 'gone') {
    return false;
  }
  throw new RetryLater(
    `the pull request of task ${task.id}: ${problem.message}`,
    problem.retryAt ?? new Date(options.clock.now().getTime() + RETRY_MS),
  );
}
