import type { GitHubResult, PullFacts } from '../../github/github.ts';
import type { Attempt, Task } from '../../task/task.ts';
import type { PublisherOptions } from '../publisher-options.ts';
import { ended, endingOf, failedWith, type Part } from '../publishing.ts';
import type { PushContext, PushedBranch } from '../push-branch.ts';
import { findTemplate } from './find-template.ts';
import { isOurs } from './is-ours.ts';
import { renderPull } from './render-pull.ts';

/** Finds the pull request of the branch, or opens it as a draft, and records it. */
export async function ensurePull(
  branch: PushedBranch,
  attempt: Attempt,
  context: PushContext,
): Promise<Part<PullFacts>> {
  const { pull, task } = branch;
  if (pull !== null) {
    return recordPull(task, pull, context);
  }
  const opened = await openPull(task, attempt, context);
  return opened.ok ? recordPull(task, opened.value, context) : opened;
}

async function openPull(task: Task, attempt: Attempt, context: PushContext): Promise<Part<PullFacts>> {
  const { github, options, repository } = context;
  const draft = await draftPull(task, attempt, context);
  await options.onStep?.('before_pull', task.id);
  let created = await github.createPull(repository, { ...draft, draft: true });
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
  return ended(endingOf(created.problem, 'PULL_REQUEST_REJECTED'));
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
  if (found.value === null || !(await isOurs(found.value, task, options))) {
    return ended(failedWith('PULL_REQUEST_REJECTED', `Somebody opened a pull request from ${task.branch}.`));
  }
  return { ok: true, value: found.value };
}

async function draftPull(
  task: Task,
  attempt: Attempt,
  context: PushContext,
): Promise<{ head: string; base: string; title: string; body: string }> {
  const { defaultBranch, options } = context;
  const { requestedBy, repository } = task;
  const template = await findTemplate(options.mirrors, { repositoryId: repository.id, branch: defaultBranch });
  const cleaned = options.cleanOutput(attempt.result?.summary ?? '', {
    mention: requestedBy,
    issue: task.thread.number,
    serverUrl: options.serverUrl,
  });
  const summary =
    options.findSecrets(Buffer.from(cleaned)).length > 0
      ? 'The summary is withheld: it has what looks like a secret.'
      : cleaned;
  const marker = await options.marker(task.id);
  const pull = renderPull({ task, result: attempt.result, summary, template, marker });
  return { ...pull, head: task.branch, base: task.baseBranch ?? defaultBranch };
}

async function recordPull(task: Task, pull: PullFacts, context: PushContext): Promise<Part<PullFacts>> {
  const { fence, options } = context;
  if (task.publication.pullNumber === pull.number) {
    return { ok: true, value: pull };
  }
  const recorded = await options.tasks.record({
    fence,
    now: options.clock.now(),
    patch: { publication: { pullNumber: pull.number, pullUrl: pull.url } },
    event: { kind: 'task.published', data: { number: pull.number, url: pull.url, branch: task.branch } },
  });
  return recorded.moved ? { ok: true, value: pull } : ended({ kind: 'stale' });
}
