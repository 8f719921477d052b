import type { PushResult } from '../git/push-commit.ts';
import { isElsewhere } from '../git/remote-problem.ts';
import { followRename } from '../github/follow-rename.ts';
import type { Task } from '../task/task.ts';
import { findPushStop, type PushStop } from './owns-step.ts';
import { ended, endingOf, endingOfRemote, type Part } from './publishing.ts';
import type { PushContext } from './push-context.ts';
import { moveBranch, type BranchMoved } from './signing/move-branch.ts';
import { waitForGitHub } from './wait-for-github.ts';
import { realWorkGit } from './work-git.ts';

/** What came of it, once GitHub has answered. */
export type Sent = Exclude<PushResult, { kind: 'problem' }>;

/** Brings the commits to the task's branch: with git, or by pointing the branch at those that GitHub has already. */
export async function sendCommits(
  task: Task,
  context: PushContext,
  branch: { readonly exists: boolean },
): Promise<Part<Sent>> {
  await context.options.onStep?.('before_push', task.id);
  return context.work.approvedSha === undefined ? push(task, context) : point(task, context, branch);
}

async function point(task: Task, context: PushContext, { exists }: { exists: boolean }): Promise<Part<Sent>> {
  const { fence, github, options, repository, work } = context;
  const result = await github.withCommitWriter(
    repository,
    async (writer): Promise<BranchMoved | PushStop> =>
      (await findPushStop(fence, options)) ??
      (await moveBranch(writer, { branch: task.branch, sha: work.headSha, exists })),
  );
  await options.onStep?.('pushed', task.id);
  if (!result.ok) {
    return ended(endingOf(result.problem, 'REPOSITORY_GONE'));
  }
  switch (result.value.kind) {
    case 'stale':
    case 'done':
      return ended(result.value);
    case 'problem':
      return ended(endingOf(result.value.problem, 'REPOSITORY_GONE'));
    case 'unknown_commit':
      return forget(context);
    default:
      return { ok: true, value: result.value };
  }
}

/** The next try has the commits made and signed again. */
async function forget({ fence, options, work }: PushContext): Promise<Part<never>> {
  const recorded = await options.tasks.record({
    fence,
    now: options.clock.now(),
    patch: { publication: { intendedSha: null, approvedSha: null } },
  });
  return ended(recorded.moved ? waitForGitHub(`the signed commit ${work.headSha.slice(0, 12)}`) : { kind: 'stale' });
}

async function push(task: Task, context: PushContext): Promise<Part<Sent>> {
  const { github, options, repository, work } = context;
  for (let tries = 1; ; tries += 1) {
    const result = await followRename(repository, {
      github,
      run: (ref) =>
        github.withRepositoryToken(ref, 'publish', async (token) => {
          const stop = await findPushStop(context.fence, options);
          if (stop !== null) {
            return stop;
          }
          return (options.git ?? realWorkGit).push({
            gitDir: work.gitDir,
            serverUrl: options.serverUrl,
            repository: ref,
            token,
            sha: work.headSha,
            branch: task.branch,
          });
        }),
      isElsewhere: (tried) => tried.kind === 'problem' && isElsewhere(tried.problem),
    });
    await options.onStep?.('pushed', task.id);
    if (!result.ok) {
      return ended(endingOf(result.problem, 'REPOSITORY_GONE'));
    }
    const pushed = result.value;
    if (pushed.kind === 'stale' || pushed.kind === 'done') {
      return ended(pushed);
    }
    if (pushed.kind !== 'problem') {
      return { ok: true, value: pushed };
    }
    // A token can be refused right after it was minted, and git does not say whether a 403 is a limit; a second try tells.
    if ((pushed.problem.kind !== 'unauthorized' && pushed.problem.kind !== 'forbidden') || tries > 1) {
      return ended(endingOfRemote(pushed.problem));
    }
  }
}
