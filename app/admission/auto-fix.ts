import { queueTask } from '../control/queue-task.ts';
import { followTask } from '../control/follow-task.ts';
import type { NewOutboxItem } from '../store/stores.ts';
import type { Task } from '../task/task.ts';
import { hashApprovedText } from '../text/hash-approved-text.ts';
import { authorize } from './authorize.ts';
import { budgetLimits, type AdmissionOptions } from './context.ts';
import { RetryLater } from './retry-later.ts';
import type { Signal } from './signal.ts';

export const NEEDS_HUMAN = 'needs-human';
const RETRY_MS = 30_000;

/**
 * Starts `/fix` on a pull request of Bosun where the repository's file says so: one task for each review, and one for
 * each head at which a check failed. After the cap a label and one comment ask for a person. Resolves with a note.
 */
export async function autoFix(signal: Signal, options: AdmissionOptions): Promise<string> {
  const github = options.github(signal.installationId);
  const file = await options.repoFiles.read(signal.repository, github);
  if (!file.ok) {
    return 'ignored: the repository file has mistakes';
  }
  const { autoFix: wanted } = file.config;
  if (!(signal.cause.kind === 'reviewed' ? wanted.reviews : wanted.checks)) {
    return 'ignored: auto_fix is off';
  }
  const opener = await findOpener(signal, options);
  if (opener === null) {
    return 'ignored: no pull request of Bosun';
  }
  const { pullNumber } = opener.publication;
  const pull = pullNumber === null ? null : await github.fetchPull(opener.repository, pullNumber);
  if (pull === null || (!pull.ok && pull.problem.kind === 'not_found')) {
    return 'ignored: no pull request of Bosun';
  }
  if (!pull.ok) {
    throw new RetryLater(`the pull request: ${pull.problem.message}`, pull.problem.retryAt ?? soon(options));
  }
  if (pull.value.state !== 'open' || pull.value.headSha !== signal.cause.headSha) {
    return 'ignored: not about the head of an open pull request';
  }
  if (signal.cause.kind === 'reviewed') {
    const { reviewer } = signal.cause;
    const sender = { sender: reviewer, repository: signal.repository };
    const authority = await authorize(sender, { allowedBots: file.config.allowedBots, clock: options.clock, github });
    if (authority === 'stranger') {
      return `ignored: user ${reviewer.id} may not write`;
    }
  }
  return start(signal, { ...options, opener, pullNumber: pull.value.number, attempts: wanted.attempts });
}

async function start(
  signal: Signal,
  options: AdmissionOptions & { opener: Task; pullNumber: number; attempts: number },
): Promise<string> {
  const { attempts, clock, opener, pullNumber, stores } = options;
  const { at, cause } = signal;
  const place = `${opener.repository.id}/${pullNumber}/auto-fix`;
  const semanticKey =
    cause.kind === 'reviewed' ? `${place}/review-${cause.reviewId}` : `${place}/checks-${cause.headSha}`;
  if ((await stores.tasks.findActive(opener.repository.id, opener.thread.number)) !== null) {
    return 'ignored: a task works on the pull request';
  }
  const id = await options.newId({ semanticKey, at });
  const isKnown = (await stores.tasks.find(id)) !== null;
  const thread = { repositoryId: opener.repository.id, number: pullNumber };
  const before = await stores.tasks.countTriggered({ ...thread, trigger: 'event' });
  if (!isKnown && before >= attempts) {
    await stores.outbox.add(askForPerson(opener, { pullNumber, place, attempts }), clock.now());
    return `refused: ${before} tasks started here by themselves`;
  }
  const task = followTask(opener, {
    id,
    type: 'fix',
    pullNumber,
    request: '',
    trigger: { kind: 'event', commentId: null, url: null },
    at,
    hashText: hashApprovedText,
  });
  const queued = await queueTask(
    { task, semanticKey, now: clock.now(), outbox: [] },
    {
      tasks: stores.tasks,
      limits: budgetLimits(options.server, null),
      tasksPerUserPerHour: options.server.limits.tasksPerUserPerHour,
    },
  );
  switch (queued.code) {
    case 'queued':
    case 'known':
      return `task ${queued.task.id}`;
    case 'thread_busy':
      return 'ignored: a task works on the pull request';
    case 'too_many_tasks':
    case 'budget_too_high':
      return `refused: ${queued.code}`;
  }
}

/** The task of an issue that opened the pull request which the signal is about. */
async function findOpener({ cause, repository }: Signal, options: AdmissionOptions): Promise<Task | null> {
  const { tasks } = options.stores;
  const numbers = cause.kind === 'reviewed' ? [cause.pullNumber] : cause.pullNumbers;
  for (const number of numbers) {
    const opener = await tasks.findOpener(repository.id, number);
    if (opener !== null) {
      return opener;
    }
  }
  return cause.kind === 'reviewed' ? null : tasks.findByBranch(repository.id, cause.branches);
}

/** Each under a natural key, so that however many checks fail it is said once. */
function askForPerson(
  opener: Task,
  { attempts, place, pullNumber }: { pullNumber: number; place: string; attempts: number },
): NewOutboxItem[] {
  const common = {
    installationId: opener.installationId,
    repository: opener.repository,
    thread: { number: pullNumber, kind: 'pull_request' as const },
  };
  const body = `\`auto_fix\` started ${attempts} ${attempts === 1 ? 'task' : 'tasks'} on this pull request, which is the cap, and something still fails. A person has to look at it now; \`/fix\` with a hint starts another task.`;
  return [
    { ...common, key: `${place}/needs-human/label`, message: { kind: 'label', label: NEEDS_HUMAN } },
    { ...common, key: `${place}/needs-human/reply`, message: { kind: 'reply', body } },
  ];
}

function soon({ clock }: Pick<AdmissionOptions, 'clock'>): Date {
  return new Date(clock.now().getTime() + RETRY_MS);
}
