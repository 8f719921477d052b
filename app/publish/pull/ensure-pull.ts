import type { GitHubProblem, GitHubResult, PullFacts } from '../../github/github.ts';
import type { Attempt } from '../../task/attempt.ts';
import type { Task } from '../../task/task.ts';
import { findInRetries } from '../../task/find-in-retries.ts';
import { ShownPull } from '../../task/shown-facts.ts';
import { readFacts } from '../../text/marker.ts';
import { isLagPossible } from '../../task/is-lag-possible.ts';
import { waitForGitHub } from '../wait-for-github.ts';
import type { PublisherOptions } from '../publisher-options.ts';
import { ended, endingOf, failedWith, type Part } from '../publishing.ts';
import type { PushContext, PushedBranch } from '../push-context.ts';
import { ownsStep } from '../owns-step.ts';
import { decideBody } from './decide-body.ts';
import { defuseDirectives } from './defuse-directives.ts';
import { findTemplate } from './find-template.ts';
import { isOwnPull } from './is-own-pull.ts';
import { MAX_SUMMARY_LENGTH, renderPull } from './render-pull.ts';
import { sealBody } from './seal-body.ts';

/** Finds the pull request of the branch and has it tell of the work as it is now, or opens it as a draft; records it. */
export async function ensurePull(
  branch: PushedBranch,
  attempt: Attempt,
  context: PushContext,
): Promise<Part<PullFacts>> {
  const { pull, task } = branch;
  if (pull === null) {
    const opened = await openPull(task, attempt, context);
    return opened.ok ? recordPull(task, opened.value, context) : opened;
  }
  const recorded = await recordPull(task, pull, context);
  return recorded.ok ? refreshBody(task, pull, { attempt, context }) : recorded;
}

/** A pull request that was opened for part of the work says so; when more came to it, that is no longer true. */
async function refreshBody(
  task: Task,
  pull: PullFacts,
  { attempt, context }: { attempt: Attempt; context: PushContext },
): Promise<Part<PullFacts>> {
  const { github, options, repository } = context;
  const [draft, shown] = await Promise.all([draftPull(task, attempt, context), readShown(task, pull, options)]);
  const body = decideBody({ current: pull.body, shown, wanted: draft });
  if (body === null || pull.state !== 'open') {
    return { ok: true, value: pull };
  }
  await options.onStep?.('before_pull_body', task.id);
  if (!(await ownsStep(context.fence, options))) {
    return ended({ kind: 'stale' });
  }
  const updated = await github.updatePull(repository, { number: pull.number, body });
  if (updated.ok) {
    return updated;
  }
  const ending = endingOf(updated.problem, 'PULL_REQUEST_REJECTED');
  if (ending.kind === 'wait') {
    return ended(ending);
  }
  // The work is out; words that GitHub does not take must not make a failure of it.
  const note = `The description of pull request ${pull.number} could not be updated: ${updated.problem.message}`;
  const recorded = await options.tasks.record({
    fence: context.fence,
    now: options.clock.now(),
    patch: {},
    event: { kind: 'task.note', data: { note } },
  });
  return recorded.moved ? { ok: true, value: pull } : ended({ kind: 'stale' });
}

/** The facts that this task, or one that it retries, sealed into the description. */
async function readShown(task: Task, { body }: PullFacts, options: PublisherOptions): Promise<ShownPull | null> {
  const key = await options.markerKey();
  const owner = await findInRetries(task, {
    find: options.tasks.find,
    matches: ({ id }) => readFacts(body, { name: id, key }) !== null,
  });
  const facts = owner === null ? null : readFacts(body, { name: owner.id, key });
  return ShownPull.safeParse(facts).data ?? null;
}

async function openPull(task: Task, attempt: Attempt, context: PushContext): Promise<Part<PullFacts>> {
  const { github, options, repository } = context;
  const { shown: _shown, ...draft } = await draftPull(task, attempt, context);
  await options.onStep?.('before_pull', task.id);
  if (!(await ownsStep(context.fence, options))) {
    return ended({ kind: 'stale' });
  }
  let created = await github.createPull(repository, { ...draft, draft: !isReady(task, attempt) });
  if (
    !created.ok &&
    created.problem.kind === 'invalid' &&
    /draft pull requests? (?:is|are) not supported/i.test(created.problem.message)
  ) {
    created = await github.createPull(repository, { ...draft, draft: false });
  }
  await options.onStep?.('pull_opened', task.id);
  if (created.ok) {
    return created;
  }
  if (created.problem.kind === 'invalid' && /already exists/i.test(created.problem.message)) {
    return adopt(task, await github.findPullByHead(repository, task.branch), options);
  }
  if (isHeadUnseen(created.problem) && isLagPossible(task, options.clock)) {
    return ended(waitForGitHub(`the branch ${task.branch}`));
  }
  return ended(endingOf(created.problem, 'PULL_REQUEST_REJECTED'));
}

/** Only finished work that was seen to be good is no draft, and only where the repository asks for that. */
function isReady({ settings, verdict }: Task, { epoch, result }: Attempt): boolean {
  const isPassed = verdict?.epoch === epoch && verdict.verdict.kind === 'PASSED' && result?.ending === 'done';
  return settings.verdict?.readyWhenPassed === true && isPassed;
}

/** What GitHub says of a branch that was pushed a moment ago, while the part that answers does not have it yet. */
function isHeadUnseen({ kind, message }: GitHubProblem): boolean {
  const isAboutHead =
    /\bhead(?:[_ ](?:sha|ref|repo))? (?:invalid|missing|can't be blank)|not all refs are readable|No commits between/i;
  return kind === 'not_found' || (kind === 'invalid' && isAboutHead.test(message));
}

/** The answer to an earlier try was lost: the pull request is there. */
async function adopt(
  task: Task,
  found: GitHubResult<PullFacts | null>,
  options: PublisherOptions,
): Promise<Part<PullFacts>> {
  if (!found.ok) {
    return ended(endingOf(found.problem, 'REPOSITORY_GONE'));
  }
  if (found.value === null) {
    // GitHub says that it is there, and does not list it yet.
    const note = `GitHub: a pull request from ${task.branch} exists, but is not shown yet`;
    return ended({ kind: 'wait', note, retryAt: null });
  }
  if (!(await isOwnPull(found.value, task, options))) {
    return ended(failedWith('PULL_REQUEST_REJECTED', `Somebody opened a pull request from ${task.branch}.`));
  }
  return { ok: true, value: found.value };
}

async function draftPull(
  task: Task,
  attempt: Attempt,
  context: PushContext,
): Promise<{ head: string; base: string; title: string; body: string; shown: ShownPull }> {
  const { defaultBranch, options } = context;
  const { requestedBy, repository } = task;
  const template = await findTemplate(options.mirrors, { repositoryId: repository.id, branch: defaultBranch });
  const cleaned = await options.cleanOutput(attempt.result?.summary ?? '', {
    mention: requestedBy,
    maxLength: MAX_SUMMARY_LENGTH,
    // Unfinished work must not close the issue, whatever the summary says.
    ...(attempt.result?.ending === 'done' ? { issue: task.thread.number } : {}),
    serverUrl: options.serverUrl,
  });
  const summary =
    options.findSecrets(Buffer.from(cleaned)).length > 0
      ? 'The summary is withheld because it may contain a secret.'
      : defuseDirectives(cleaned);
  const marker = { name: task.id, key: await options.markerKey() };
  const pull = renderPull({
    task,
    result: attempt.result,
    checks: attempt.checkResults ?? [],
    summary,
    newerText: context.newerText,
    template,
    marker,
  });
  return { ...pull, body: sealBody(pull.body), head: task.branch, base: task.baseBranch ?? defaultBranch };
}

async function recordPull(task: Task, pull: PullFacts, context: PushContext): Promise<Part<PullFacts>> {
  const { fence, options } = context;
  if (task.publication.pullNumber === pull.number) {
    return { ok: true, value: pull };
  }
  const recorded = await options.tasks.record({
    fence,
    now: options.clock.now(),
    patch: {
      publication: { pullNumber: pull.number, pullUrl: pull.url, writtenAt: options.clock.now().toISOString() },
    },
    event: { kind: 'task.published', data: { number: pull.number, url: pull.url, branch: task.branch } },
  });
  return recorded.moved ? { ok: true, value: pull } : ended({ kind: 'stale' });
}
