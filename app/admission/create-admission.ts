import { isTerminal } from '../../protocol/index.ts';
import { mayHoldCommand, parseComment, type ParsedCommand } from '../command/parse-comment.ts';
import { labelKey } from '../config/label-name.ts';
import { defaultLabels } from '../config/repo/to-config.ts';
import { stopTask } from '../control/stop-task.ts';
import { answerQuestion } from './answer-question.ts';
import { authorize } from './authorize.ts';
import { autoFix } from './auto-fix.ts';
import type { Signal } from './signal.ts';
import { handleCommand } from './commands/handle-command.ts';
import { outboxOf, refused, type AdmissionOptions, type Answer } from './context.ts';
import type { Task } from '../task/task.ts';
import type { Incoming } from './incoming.ts';
import { nearbyKeys, semanticKeyOf } from './semantic-key.ts';
import { stopOnEvent } from './stop-on-event.ts';
import { renderConfigMistakes, renderMisplaced, NO_ACCESS_REPLY } from './replies.ts';

/** GitHub keeps deliveries for three days; what is older than that is a replay. */
const MAX_AGE_MS = 72 * 3_600_000;
const HANDLED = 'ignored: this command was handled before';

/** May this start, and who asked for it? Decides on everything people say, and answers each of them once. */
export interface Admission {
  /** Resolves with a note for the record; throws RetryLater when GitHub must answer first. */
  handle(incoming: Incoming, deliveryId: string): Promise<string>;
  /** The same for what is no command and may start a task by itself. */
  heed(signal: Signal): Promise<string>;
}

export function createAdmission(options: AdmissionOptions): Admission {
  return {
    heed: (signal) => autoFix(signal, options),
    async handle(incoming, deliveryId) {
      const now = options.clock.now();
      if (incoming.cause.kind === 'review' || incoming.cause.kind === 'review_dismissed') {
        // What a person approved or took back may decide the check run, whatever else the review says.
        await lookAtApproval(incoming, options);
      }
      if (incoming.cause.kind === 'review_dismissed') {
        return 'looked at: a review was dismissed';
      }
      if (incoming.cause.kind !== 'button' && now.getTime() - incoming.at.getTime() > MAX_AGE_MS) {
        return 'ignored: older than 72 hours';
      }
      if (incoming.cause.kind === 'comment_deleted') {
        return forgetDeleted(incoming, incoming.cause.commentId, options);
      }
      if (incoming.cause.kind === 'closed' || incoming.cause.kind === 'unlabeled') {
        return stopOnEvent(incoming, incoming.cause, options);
      }
      const located = await locate(incoming, options);
      if (located !== null && 'body' in incoming.cause && !mayHoldCommand(incoming.cause.body)) {
        return answerQuestion(located, deliveryId, options);
      }
      return located === null
        ? 'ignored: the task of the button is unknown'
        : handleCommands(located, deliveryId, options);
    },
  };
}

/**
 * Whose task it is about: a button names a task, a pull request of ours belongs to one, and the task knows its thread.
 * The text there is the one that was approved; what the pull request says is not a command.
 */
async function locate(incoming: Incoming, options: AdmissionOptions): Promise<Incoming | null> {
  const { cause, repository, thread } = incoming;
  if (cause.kind === 'button') {
    const task = await options.stores.tasks.find(cause.taskId);
    const isKnown = task !== null && task.repository.id === repository.id;
    return isKnown ? { ...incoming, thread: threadOfTask(task), at: options.clock.now() } : null;
  }
  if (thread.kind === 'issue') {
    return incoming;
  }
  const { tasks } = options.stores;
  const [opener, latest] = await Promise.all([
    tasks.findOpener(repository.id, thread.number),
    tasks.findLatest(repository.id, thread.number),
  ]);
  if (opener === null) {
    return incoming;
  }
  // A task about the pull request reads what the issue asked for: its description was written by Bosun.
  const { author, body, title } = opener.text;
  const pull = { ...thread, title, body, author };
  return isAboutPull({ latest, opener })
    ? { ...incoming, thread: pull }
    : { ...incoming, thread: threadOfTask(opener), postedOn: thread, pull };
}

/** Whether commands on a pull request of ours are about its own last task: the one that runs, or else the newer one. */
function isAboutPull({ latest, opener }: { latest: Task | null; opener: Task }): boolean {
  if (latest === null || isTerminal(latest.state) === isTerminal(opener.state)) {
    return latest !== null && latest.createdAt > opener.createdAt;
  }
  return !isTerminal(latest.state);
}

function threadOfTask({ text, thread }: Task): Incoming['thread'] {
  return { ...thread, title: text.title, body: text.body, author: text.author, open: true, locked: false };
}

async function handleCommands(incoming: Incoming, deliveryId: string, options: AdmissionOptions): Promise<string> {
  const github = options.github(incoming.installationId);
  const file = await options.repoFiles.read(incoming.repository, github);
  const commands = readCommands(incoming, file.ok ? file.config : null);
  if (commands.length === 0) {
    return answerQuestion(incoming, deliveryId, options);
  }
  const key = semanticKeyOf(incoming);
  const known = await options.stores.inbox.claimers(nearbyKeys(incoming).map((one) => `${one}/0`));
  if (known.some((claimer) => claimer !== deliveryId)) {
    return 'ignored: this label was handled before';
  }
  const allowedBots = file.ok ? file.config.allowedBots : [];
  if (incoming.sender.isBot && !allowedBots.includes(incoming.sender.id)) {
    return `ignored: bot ${incoming.sender.id}`;
  }
  // Before GitHub is asked who that is: repeating a delivery under other ids must not use up what may be asked in an hour.
  if (!(await claimCommand({ key: `${key}/0`, deliveryId }, options))) {
    return HANDLED;
  }
  if ((await authorize(incoming, { allowedBots, clock: options.clock, github })) === 'stranger') {
    return refuseWithoutAccess(incoming, options);
  }
  if (!file.ok) {
    const answer = refused('repository file', renderConfigMistakes(file.mistakes));
    return show(incoming, { key, deliveryId, answer: async () => answer }, options);
  }
  if (file.isMissing && commands.some(mayStartWork)) {
    const path = await options.repoFiles.findMisplaced(incoming.repository, github);
    if (path !== null) {
      const answer = refused('repository file', renderMisplaced(path));
      return show(incoming, { key, deliveryId, answer: async () => answer }, options);
    }
  }
  const notes: string[] = [];
  for (const [index, command] of commands.entries()) {
    const semanticKey = `${key}/${index}`;
    const order = { incoming, command, config: file.config, semanticKey, now: options.clock.now() };
    notes.push(
      await show(incoming, { key: semanticKey, deliveryId, answer: () => handleCommand(order, options) }, options),
    );
  }
  return notes.join('; ');
}

/** Commands that only show or stop something work without the settings of the repository. */
const STARTS_NOTHING: readonly string[] = ['help', 'status', 'cancel', 'pause', 'release', 'accept'];

function mayStartWork(command: ParsedCommand): boolean {
  return command.kind === 'command' && !STARTS_NOTHING.includes(command.name);
}

/** Whether this delivery is the one that carries the command out, also when it is taken again after a crash. */
async function claimCommand(claim: { key: string; deliveryId: string }, options: AdmissionOptions): Promise<boolean> {
  const { clock, stores } = options;
  const { key, deliveryId } = claim;
  return (await stores.inbox.claimCommand({ key, deliveryId, now: clock.now() })).mine;
}

/** Handles a command once, however often it is delivered, and records what to show for it. */
async function show(
  incoming: Incoming,
  step: { key: string; deliveryId: string; answer: () => Promise<Answer> },
  options: AdmissionOptions,
): Promise<string> {
  if (!(await claimCommand(step, options))) {
    return HANDLED;
  }
  const now = options.clock.now();
  const answer = await step.answer();
  if (answer.shown !== true) {
    await options.stores.outbox.add(outboxOf(incoming, step.key, answer), now);
  }
  return answer.note;
}

function readCommands(
  incoming: Incoming,
  config: { prefix: string; labels: Readonly<Record<string, string>> } | null,
): ParsedCommand[] {
  // A file with a mistake does not tell its own labels; the usual ones at least get the answer that says so.
  switch (incoming.cause.kind) {
    case 'comment':
    case 'review':
      return parseComment(incoming.cause.body, { prefix: config?.prefix ?? '/' });
    case 'label': {
      const text = (config?.labels ?? defaultLabels())[labelKey(incoming.cause.label)];
      return text === undefined ? [] : parseComment(`/${text}`, { prefix: '/' });
    }
    case 'button': {
      const text = commandOfButton(incoming.cause.identifier);
      return text === undefined ? [] : parseComment(text, { prefix: '/' });
    }
    case 'comment_deleted':
    case 'review_dismissed':
    case 'closed':
    case 'unlabeled':
      return [];
  }
}

/** The buttons of the check run, by their identifiers. */
const BUTTONS: Readonly<Record<string, string>> = { retry: '/retry', cancel: '/cancel', budget: '/budget +5' };

/** `release-<commit>` names what the person saw, so that an old button says nothing about another commit; so does `accept-`. */
function commandOfButton(identifier: string): string | undefined {
  const [, command, commit] = /^(release|accept)-([0-9a-f]{7,40})$/.exec(identifier) ?? [];
  return commit === undefined ? BUTTONS[identifier] : `/${command} ${commit}`;
}

/** Someone without write access gets one answer a thread, so that nobody can make Bosun flood it. */
async function refuseWithoutAccess(incoming: Incoming, options: AdmissionOptions): Promise<string> {
  const { repository, sender, thread } = incoming;
  const key = `${repository.id}/${(incoming.postedOn ?? thread).number}/stranger-${sender.id}`;
  await options.stores.outbox.add(
    outboxOf(incoming, key, { reaction: 'confused', reply: NO_ACCESS_REPLY }),
    options.clock.now(),
  );
  options.log.info('A command of someone without write access was refused', {
    repositoryId: repository.id,
    thread: thread.number,
    userId: sender.id,
  });
  return `refused: user ${sender.id} may not write`;
}

/** The pull request of a task that waits for an approval, or has one, was reviewed: what is shown is looked at again. */
async function lookAtApproval({ repository, thread }: Incoming, { clock, stores }: AdmissionOptions): Promise<void> {
  const task = await stores.tasks.findByPull(repository.id, thread.number);
  if (task?.settings.humanApproval?.notRequester === true) {
    await stores.reports.lookAgain(task.id, clock.now());
  }
}

/** A trigger comment deleted before its task began takes the task with it; later the deletion changes nothing. */
async function forgetDeleted(incoming: Incoming, commentId: number, options: AdmissionOptions): Promise<string> {
  const task = await options.stores.tasks.findActive(incoming.repository.id, incoming.thread.number);
  if (task === null || task.trigger.commentId !== commentId || task.epoch > 0) {
    return 'ignored: deleted comment';
  }
  const now = options.clock.now();
  const stop = { kind: 'cancel' as const, by: { id: incoming.sender.id, login: incoming.sender.login }, at: now };
  const result = await stopTask({ taskId: task.id, stop }, options.stores);
  return `cancelled with its comment: ${result.code}`;
}
