import { WorkLost } from '../git/attempt/attempt.ts';
import type { Fence } from '../task/fence.ts';
import { TASK_TYPE_RECORDS } from '../task/task-types.ts';
import type { KeptWork } from '../task/outcome.ts';
import type { Attempt } from '../task/attempt.ts';
import type { Task } from '../task/task.ts';
import { NO_TRACER } from '../telemetry/tracer.ts';
import { examineWork } from './examine-work.ts';
import { settleBranch, type BranchSettled } from './branch/settle-branch.ts';
import { settlePull } from './branch/settle-pull.ts';
import { fetchGitHubFacts, type FactsFetched } from './fetch-github-facts.ts';
import { findPublished, type FoundPublished } from './find-published.ts';
import { findCandidate, inspectCandidate, prepareWork, type Candidate, type PreparedWork } from './prepare-work.ts';
import type { PublisherOptions } from './publisher-options.ts';
import { ended, failedWith, type Part, type Publishing } from './publishing.ts';
import { ensurePull } from './pull/ensure-pull.ts';
import { pushBranch } from './push-branch.ts';
import { recheck } from './recheck.ts';

/** May this leave, and then: branch, pull request. Has no model, so nobody can talk it into anything. */
export interface Publisher {
  /** Brings out what the attempt left. Safe to call again after a wait, a crash or an `ServiceUnavailable`. */
  publish(request: { task: Task; attempt: Attempt; fence: Fence }): Promise<Publishing>;
  /**
   * The commit that `publish` would push, made and not pushed: checks run on it. Null where the gate lets nothing out, and
   * where there is nothing.
   */
  findCandidate(request: { task: Task; attempt: Attempt }): Promise<{ headSha: string; gateBaseSha: string } | null>;
  /** The same with the change itself and what it does to the checks that `commands` run, for the verdict. */
  inspect(request: { task: Task; attempt: Attempt; commands: readonly string[] }): Promise<Candidate | null>;
  /** Keeps what the attempt left as a patch on the server, and lets nothing out; null when there is nothing. */
  keep(request: { task: Task; attempt: Attempt }): Promise<KeptWork | null>;
  /** What GitHub holds of the task now, for the outcome. */
  fetchFacts(task: Task): Promise<FactsFetched>;
  /** Which branch the work goes to; before any money is spent. */
  settleBranch(task: Task): Promise<BranchSettled>;
  /** What GitHub tells of a task that the rows may not know: after a restore. */
  findPublished(task: Task): Promise<FoundPublished>;
}

/**
 * The order is the law: gate, patch kept, everything asked again, intent recorded, and only then a token for one
 * repository, a push without force, and a draft pull request. Each act outside carries a name by which the next try finds
 * it: the branch has the task's id, the commits are the same every time, the pull request has a marker.
 */
export function createPublisher(options: PublisherOptions): Publisher {
  const { tracer = NO_TRACER } = options;
  return {
    async publish({ task, attempt, fence }) {
      const prepared = await tracer.trace('gate', task, () => prepareWork(task, attempt, options)).catch(failIfLost);
      if (!prepared.ok) {
        const pushed = await findUnopened(task, prepared.ending, options);
        return pushed === null ? prepared.ending : bringOut(pushed, { task, attempt, fence });
      }
      await options.onStep?.('gate_passed', task.id);
      return withKept(await bringOut(prepared.value, { task, attempt, fence }), prepared.value);
    },
    // Publishing says so where it is lost.
    findCandidate: ({ task, attempt }) => findCandidate(task, attempt, options).catch(nullIfLost),
    inspect: ({ task, ...work }) => inspectCandidate(task, work, options).catch(nullIfLost),
    async keep({ task, attempt }) {
      // Nothing is to leave, so that there is nothing to keep is all there is to say.
      const examined = await examineWork(task, attempt, options).catch(nullIfLost);
      return examined?.kept ?? null;
    },
    async fetchFacts(task) {
      const current = (await options.tasks.find(task.id)) ?? task;
      return fetchGitHubFacts(current, options);
    },
    settleBranch: (task) =>
      TASK_TYPE_RECORDS[task.type].finalizer === 'push' ? settlePull(task, options) : settleBranch(task, options),
    findPublished: (task) => findPublished(task, options),
  };

  async function bringOut(
    work: PreparedWork,
    { task, attempt, fence }: Parameters<Publisher['publish']>[0],
  ): Promise<Publishing> {
    const github = options.github(task.installationId);
    const checked = await recheck({ fence, headSha: work.headSha }, github, options);
    if (!checked.ok) {
      return checked.ending;
    }
    const { defaultBranch, newerText, repository } = checked.value;
    const context = { fence, github, repository, defaultBranch, newerText, work, options };
    const pushed = await tracer.trace('push', task, () => pushBranch(checked.value.task, context));
    if (!pushed.ok) {
      return pushed.ending;
    }
    if (TASK_TYPE_RECORDS[task.type].finalizer === 'push') {
      return pushedFacts(pushed.value.work);
    }
    const { work: brought } = pushed.value;
    const pull = await tracer.trace('pull request', task, () =>
      ensurePull(pushed.value, attempt, { ...context, work: brought }),
    );
    if (!pull.ok) {
      return pull.ending;
    }
    return pushedFacts(pushed.value.work);
  }
}

function pushedFacts({ commits, filesChanged, headSha, isEarlier, linesChanged }: PreparedWork): Publishing {
  const counts = { commits, filesChanged, ...(linesChanged !== undefined && { linesChanged }) };
  return { kind: 'done', facts: { kind: 'pushed', headSha, ...counts, ...(isEarlier && { isEarlier }) } };
}

/**
 * Commits that are on the branch already and only lack their pull request, when the attempt added none: an earlier task
 * pushed them and met a refusal. They passed the gate then.
 */
async function findUnopened(
  task: Task,
  ending: Publishing,
  { tasks }: Pick<PublisherOptions, 'tasks'>,
): Promise<PreparedWork | null> {
  const { headSha, pullNumber } = task.publication;
  const hasNothingNew = ending.kind === 'done' && ending.facts.kind === 'nothing' && ending.facts.why === 'no_commits';
  const wantsPull = TASK_TYPE_RECORDS[task.type].finalizer === 'pull_request';
  if (!wantsPull || !hasNothingNew || headSha === null || pullNumber !== null) {
    return null;
  }
  const previous = task.retryOf === null ? null : await tasks.find(task.retryOf);
  const { commits = 0, filesChanged = 0 } = task.outcome ?? previous?.outcome ?? {};
  return { gitDir: '', baseSha: headSha, headSha, commits, filesChanged, isEarlier: true };
}

function nullIfLost(error: unknown): null {
  if (error instanceof WorkLost) {
    return null;
  }
  throw error;
}

function failIfLost(error: unknown): Part<PreparedWork> {
  if (error instanceof WorkLost) {
    return ended(failedWith('WORK_LOST', error.message));
  }
  throw error;
}

/** Work that passed the gate and was not brought out all the same: the patch and the commits are still there. */
function withKept(publishing: Publishing, { commits, filesChanged }: PreparedWork): Publishing {
  if (publishing.kind !== 'done' || (publishing.facts.kind !== 'nothing' && publishing.facts.kind !== 'failed')) {
    return publishing;
  }
  return { kind: 'done', facts: { ...publishing.facts, kept: { commits, filesChanged } } };
}
