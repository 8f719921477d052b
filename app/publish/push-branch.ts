import type { PushResult } from '../git/push-commit.ts';
import type { BranchObstacle, GitHubResult, PullFacts } from '../github/github.ts';
import type { NewEvent } from '../task/events.ts';
import { flatBranchName } from '../task/branch-name.ts';
import { TASK_TYPE_RECORDS } from '../task/task-types.ts';
import type { Publication, Task } from '../task/task.ts';
import { describeObstacle } from './branch/settle-branch.ts';
import { decideTarget } from './decide-target.ts';
import { isLagPossible } from '../task/is-lag-possible.ts';
import { waitForGitHub } from './wait-for-github.ts';
import { ended, endingOf, failedWith, type Part } from './publishing.ts';
import { isOwnPull } from './pull/is-own-pull.ts';
import type { PushContext, PushedBranch } from './push-context.ts';
import { sendCommits } from './send-commits.ts';
import { isAboutSignatures, needsSigning } from './signing/needs-signing.ts';
import { isSigned } from './signing/published-as.ts';
import { signWork, type SignedWork } from './signing/sign-work.ts';

/** A first look-up, a fallback branch, and retries after concurrent pushes. */
const MAX_ROUNDS = 4;

/**
 * Brings the commits to the task's branch: looks it up, records the intent, pushes without force, records the fact. A
 * crash between any two of these, and a concurrent push, is found by the next look-up.
 */
export async function pushBranch(start: Task, context: PushContext): Promise<Part<PushedBranch>> {
  const begun = await signWhereNeeded(start, context);
  return begun.ok ? bringToBranch(begun.value.task, { ...context, work: begun.value.work }) : begun;
}

async function bringToBranch(start: Task, given: PushContext): Promise<Part<PushedBranch>> {
  let task = start;
  let context = given;
  let refusal: string | null = null;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const seen = await look(task, context);
    if (!seen.ok) {
      return seen;
    }
    // A closed one of someone else's is in nobody's way, and is not ours to show.
    const pull = seen.value.isPullOurs ? seen.value.pull : null;
    const decision = decideTarget({
      ...seen.value,
      headSha: context.work.headSha,
      lastPushedSha: task.publication.headSha,
    });
    if (decision.do === 'stop') {
      return ended(failedWith('PULL_REQUEST_CLOSED', `Pull request ${decision.number} is ${decision.state}.`));
    }
    if (decision.do === 'go_on') {
      return recordPushed(task, pull, context);
    }
    const next =
      decision.do === 'beside'
        ? await useSuffixedBranch(task, context, decision.why)
        : await recordIntent(task, context);
    if (!next.ok) {
      return next;
    }
    task = next.value;
    if (decision.do === 'push') {
      const pushed = await sendCommits(task, context, { exists: seen.value.remoteSha !== null });
      if (!pushed.ok) {
        return pushed;
      }
      // git has the server's word; asking the API now could still show the branch as it was.
      if (pushed.value.kind === 'pushed') {
        return recordPushed(task, pull, context);
      }
      refusal = pushed.value.kind === 'moved' ? null : pushed.value.reason;
      if (pushed.value.kind !== 'moved' && !(await isThere(task, context))) {
        if (mayStillSign(task, context, pushed.value.reason)) {
          const signed = await signWork(task, context);
          if (!signed.ok) {
            return signed;
          }
          task = signed.value.task;
          context = { ...context, work: signed.value.work };
          continue;
        }
        const renamed = await avoidObstacle(task, context, pushed.value);
        if (!renamed.ok) {
          return renamed;
        }
        task = renamed.value;
      }
    }
  }
  return ended(
    refusal === null
      ? failedWith('BRANCH_MOVED', `Somebody pushes to ${task.branch} at the same time.`)
      : failedWith('PUSH_REJECTED', refusal),
  );
}

/** The work as it is to be pushed: as it was approved, or as GitHub signed it. */
async function signWhereNeeded(task: Task, context: PushContext): Promise<Part<SignedWork>> {
  const { work } = context;
  const isPushed = task.publication.headSha === work.headSha;
  if (work.isEarlier === true || isPushed) {
    return { ok: true, value: { task, work } };
  }
  const needed = isSigned(task, work.headSha)
    ? ({ ok: true, value: true } as const)
    : await needsSigning(task, context);
  if (!needed.ok) {
    return needed;
  }
  return needed.value ? signWork(task, context) : { ok: true, value: { task, work } };
}

/** A rule for signatures that could not be seen before is known from its refusal. */
function mayStillSign(task: Task, { work }: PushContext, reason: string): boolean {
  return task.settings.signedCommits !== false && work.approvedSha === undefined && isAboutSignatures(reason);
}

async function look(
  task: Task,
  context: PushContext,
): Promise<Part<{ remoteSha: string | null; pull: PullFacts | null; isPullOurs: boolean }>> {
  const { github, options, repository } = context;
  const known = task.publication.pullNumber;
  const [branch, pull] = await Promise.all([
    github.fetchBranchSha(repository, task.branch),
    known === null
      ? github.findPullByHead(repository, task.branch)
      : (github.fetchPull(repository, known) as Promise<GitHubResult<PullFacts | null>>),
  ]);
  if (!branch.ok && branch.problem.kind !== 'not_found') {
    return ended(endingOf(branch.problem, 'REPOSITORY_GONE'));
  }
  if (!pull.ok) {
    const isLag = pull.problem.kind === 'not_found' && isLagPossible(task, options.clock);
    const ending = endingOf(pull.problem, 'PULL_REQUEST_CLOSED');
    return ended(isLag ? waitForGitHub(`pull request #${known ?? ''}`) : ending);
  }
  const isPullOurs = pull.value !== null && (known !== null || (await isOwnPull(pull.value, task, options)));
  return { ok: true, value: { remoteSha: branch.ok ? branch.value : null, pull: pull.value, isPullOurs } };
}

/** When an answer is lost on the way, git may send the push again, and the server refuses what it already has. */
async function isThere(task: Task, { github, repository, work }: PushContext): Promise<boolean> {
  const branch = await github.fetchBranchSha(repository, task.branch);
  return branch.ok && branch.value === work.headSha;
}

/**
 * Uses another name where this one is impossible in the repository. A refusal that has nothing to do with the name is
 * final, unless git could not write the ref for no lasting reason: then the push is tried again.
 */
async function avoidObstacle(
  task: Task,
  context: PushContext,
  refused: Extract<PushResult, { kind: 'blocked' | 'rejected' }>,
): Promise<Part<Task>> {
  const by = refused.kind === 'blocked' ? refused.by : null;
  const found: GitHubResult<BranchObstacle | null> =
    by === null
      ? await context.github.findBranchObstacle(context.repository, task.branch)
      : { ok: true, value: { kind: 'branch', name: by } };
  if (!found.ok) {
    return ended(endingOf(found.problem, 'REPOSITORY_GONE'));
  }
  if (found.value === null) {
    return refused.kind === 'blocked' ? { ok: true, value: task } : ended(failedWith('PUSH_REJECTED', refused.reason));
  }
  const why = describeObstacle(found.value, task.branch);
  if (isOfPull(task)) {
    return ended(failedWith('PUSH_REJECTED', why));
  }
  const branch = flatBranchName(task.branch);
  return branch === task.branch
    ? ended(failedWith('BRANCH_BLOCKED', why))
    : useFallbackBranch(context, { branch, why });
}

/** One suffix for each attempt: when even that branch is taken, publishing ends. */
async function useSuffixedBranch(task: Task, context: PushContext, why: string): Promise<Part<Task>> {
  const suffix = `-again-${context.fence.epoch}`;
  if (isOfPull(task)) {
    return ended(failedWith('BRANCH_MOVED', `On \`${task.branch}\`: ${why}. Nothing was pushed.`));
  }
  if (task.branch.endsWith(suffix)) {
    return ended(failedWith('BRANCH_MOVED', `On ${task.branch}: ${why}.`));
  }
  return useFallbackBranch(context, { branch: `${task.branch}${suffix}`, why });
}

/** Whether the work belongs to the branch of a pull request, and would be of no use on another one. */
function isOfPull(task: Task): boolean {
  return TASK_TYPE_RECORDS[task.type].finalizer === 'push';
}

async function useFallbackBranch(
  context: PushContext,
  { branch, why }: { branch: string; why: string },
): Promise<Part<Task>> {
  return record(context, {
    patch: { branch, publication: { headSha: null, intendedSha: null, pullNumber: null, pullUrl: null } },
    event: { kind: 'task.note', data: { note: `Published on ${branch}, because ${why}.` } },
  });
}

async function recordIntent(task: Task, context: PushContext): Promise<Part<Task>> {
  const { headSha } = context.work;
  if (task.publication.intendedSha === headSha) {
    return record(context, { patch: {} });
  }
  return record(context, {
    patch: { publication: { intendedSha: headSha } },
    event: { kind: 'task.gate_passed', data: pushData(task, context) },
  });
}

async function recordPushed(task: Task, pull: PullFacts | null, context: PushContext): Promise<Part<PushedBranch>> {
  const { headSha } = context.work;
  if (task.publication.headSha === headSha) {
    return { ok: true, value: { task, pull, work: context.work } };
  }
  const recorded = await record(context, {
    patch: {
      publication: { headSha, epoch: context.fence.epoch, writtenAt: context.options.clock.now().toISOString() },
    },
    event: { kind: 'task.pushed', data: pushData(task, context) },
  });
  return recorded.ok ? { ok: true, value: { task: recorded.value, pull, work: context.work } } : recorded;
}

function pushData(task: Task, { newerText, work }: PushContext) {
  const { commits, filesChanged, headSha } = work;
  return { branch: task.branch, headSha, commits, filesChanged, ...(newerText && { newerText }) };
}

async function record(
  context: PushContext,
  change: { patch: { branch?: string; publication?: Partial<Publication> }; event?: NewEvent },
): Promise<Part<Task>> {
  const { fence, options } = context;
  const recorded = await options.tasks.record({ fence, now: options.clock.now(), ...change });
  return recorded.moved ? { ok: true, value: recorded.task } : ended({ kind: 'stale' });
}
