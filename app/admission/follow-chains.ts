import { queueTask } from '../control/queue-task.ts';
import { followTask } from '../control/follow-task.ts';
import type { Stores } from '../store/stores.ts';
import { decideChain, type Chain } from '../task/chain.ts';
import { rateFindings, type RatedFinding } from '../task/findings.ts';
import { ReviewOutput } from '../task/review.ts';
import type { Task } from '../task/task.ts';
import { hashApprovedText } from '../text/hash-approved-text.ts';
import { NEEDS_HUMAN } from './auto-fix.ts';
import { budgetLimits, type AdmissionOptions } from './context.ts';

const MAX_CHAINS = 50;
/** A chain begins within this of the end of its first task, however long no process ran. */
const BEGIN_WITHIN_MS = 3 * 24 * 3_600_000;

export interface FollowOptions extends Pick<AdmissionOptions, 'clock' | 'log' | 'newId' | 'server'> {
  readonly stores: Pick<Stores, 'tasks' | 'attempts' | 'checks' | 'chains' | 'outbox' | 'reports'>;
  /** Signal for tests: called between the admission of a link and the row that names it. */
  readonly onStep?: (step: 'chain.admitted') => void | Promise<void>;
}

/**
 * Moves every chain on whose task has ended. The next task is found by its semantic key when it was admitted before a
 * crash, and the row moves on only from the task that it names. Resolves with how many moved.
 */
export async function followChains(options: FollowOptions): Promise<number> {
  const now = options.clock.now();
  const since = new Date(now.getTime() - BEGIN_WITHIN_MS);
  const due = await options.stores.chains.due({ now, since, max: MAX_CHAINS });
  let moved = 0;
  for (const chain of due) {
    moved += (await follow(chain, options)) ? 1 : 0;
  }
  return moved;
}

async function follow(chain: Chain, options: FollowOptions): Promise<boolean> {
  const { clock, stores } = options;
  const from = chain.steps.at(-1)?.taskId ?? chain.id;
  const [opener, task] = await Promise.all([stores.tasks.find(chain.id), stores.tasks.find(from)]);
  if (opener === null || task === null) {
    return false;
  }
  const findings = await findFindings(task, options);
  if (findings.length > 0 && !(await isShown(task, options))) {
    // A fix reads the conversations that the review began.
    return false;
  }
  const decision = decideChain(chain, { task, findings });
  if (decision.do === 'end') {
    if (decision.state === 'human' || decision.state === 'inconclusive') {
      await askForPerson(chain, { opener, note: decision.note }, options);
    }
    const { note, state } = decision;
    return advance(chain, { state, note }, options);
  }
  const { link } = decision;
  const next = await admit(chain, { opener, link, at: task.finishedAt ?? clock.now() }, options);
  if (next === null) {
    return false;
  }
  await options.onStep?.('chain.admitted');
  return advance(chain, { step: { link, taskId: next } }, options);
}

async function advance(
  chain: Chain,
  to: Parameters<FollowOptions['stores']['chains']['advance']>[0]['to'],
  { clock, stores }: FollowOptions,
): Promise<boolean> {
  const now = clock.now();
  const from = chain.steps.at(-1)?.taskId ?? chain.id;
  const { moved } = await stores.chains.advance({ id: chain.id, from, to, now });
  for (const { taskId } of moved ? chain.steps : []) {
    // The comment of each shows the whole chain.
    await stores.reports.lookAgain(taskId, now);
  }
  return moved;
}

/** The task of the next link; null while something else works on the pull request or nothing may start. */
async function admit(
  chain: Chain,
  next: { opener: Task; link: 'review' | 'fix'; at: Date },
  options: FollowOptions,
): Promise<string | null> {
  const { at, link, opener } = next;
  const semanticKey = `chain/${chain.id}/${chain.steps.length}`;
  if (link === 'fix' && (await options.stores.tasks.findActive(opener.repository.id, opener.thread.number)) !== null) {
    return null;
  }
  const task = followTask(opener, {
    id: await options.newId({ semanticKey, at }),
    type: link,
    pullNumber: chain.pullNumber,
    request: link === 'fix' ? 'Address what the last review of this pull request confirmed.' : '',
    trigger: { kind: 'chain', commentId: null, url: null },
    at,
    hashText: hashApprovedText,
  });
  const queued = await queueTask(
    { task, semanticKey, now: options.clock.now(), outbox: [] },
    {
      tasks: options.stores.tasks,
      limits: budgetLimits(options.server, null),
      tasksPerUserPerHour: options.server.limits.tasksPerUserPerHour,
    },
  );
  if (queued.code === 'queued' || queued.code === 'known') {
    return queued.task.id;
  }
  options.log.info('A chain waits for its next task', { chain: chain.id, link, why: queued.code });
  return null;
}

async function findFindings(task: Task, { stores }: FollowOptions): Promise<readonly RatedFinding[]> {
  const ref = { taskId: task.id, epoch: task.epoch };
  const read = ReviewOutput.safeParse((await stores.attempts.find(ref))?.result?.output);
  return read.success ? rateFindings(read.data.findings, await stores.checks.list(ref)) : [];
}

async function isShown(task: Task, { clock, stores }: FollowOptions): Promise<boolean> {
  const report = await stores.reports.find(task.id, 'result', clock.now());
  return report !== null && report.deliveredHash !== null;
}

/** Under natural keys, so that it is said once. */
async function askForPerson(
  chain: Chain,
  { note, opener }: { opener: Task; note: string },
  { clock, stores }: FollowOptions,
): Promise<void> {
  const common = {
    installationId: opener.installationId,
    repository: opener.repository,
    thread: { number: chain.pullNumber, kind: 'pull_request' as const },
  };
  const body = `The chain of this pull request needs a person. ${note} Look at the open conversations; \`/fix\` or \`/review\` goes on from there.`;
  await stores.outbox.add(
    [
      { ...common, key: `chain/${chain.id}/label`, message: { kind: 'label', label: NEEDS_HUMAN } },
      { ...common, key: `chain/${chain.id}/reply`, message: { kind: 'reply', body } },
    ],
    clock.now(),
  );
}
