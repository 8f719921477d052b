import type { CommitWriter, GitHubResult } from '../../github/github.ts';
import { failure } from '../../task/failure.ts';
import type { Task } from '../../task/task.ts';
import type { PushContext } from '../push-context.ts';
import { ended, endingOf, type Part } from '../publishing.ts';
import type { PreparedWork } from '../prepare-work.ts';
import { realWorkGit } from '../work-git.ts';
import type { ApprovedCommit } from './read-commits.ts';
import { isSigned, publishedAs } from './published-as.ts';
import { uploadTree } from './upload-tree.ts';

export interface SignedWork {
  readonly task: Task;
  /** The same work, its head the commit that GitHub signed. */
  readonly work: PreparedWork;
}

type Made = { readonly ok: true; readonly sha: string } | { readonly ok: false; readonly why: string };

/**
 * Has GitHub make the approved commits again, so that it signs them in the name of the App. What was approved is the
 * tree: each one that GitHub made is compared by its hash with the one that passed the gate, and a commit that is not
 * signed is refused before any branch leads to it. Which signed commit stands for which approved one is recorded before
 * the branch moves; a crash before that leaves commits that nothing refers to, and the next try makes others.
 */
export async function signWork(task: Task, context: PushContext): Promise<Part<SignedWork>> {
  const { github, options, repository, work } = context;
  const approvedSha = work.headSha;
  if (isSigned(task, approvedSha)) {
    return { ok: true, value: { task, work: { ...work, headSha: publishedAs(task, approvedSha), approvedSha } } };
  }
  const git = options.git ?? realWorkGit;
  const commits = await git.readApproved(work.gitDir, { baseSha: work.baseSha, headSha: approvedSha });
  await options.onStep?.('before_signing', task.id);
  const made = await github.withCommitWriter(repository, (writer) => makeCommits(commits, { writer, git, work }));
  await options.onStep?.('signed', task.id);
  const result = made.ok ? made.value : made;
  if (!result.ok) {
    return ended(endingOf(result.problem, 'REPOSITORY_GONE'));
  }
  if (!result.value.ok) {
    return ended({ kind: 'done', facts: { kind: 'failed', failure: failure('NOT_SIGNED', result.value.why) } });
  }
  const headSha = result.value.sha;
  const { commits: count, filesChanged } = work;
  const recorded = await options.tasks.record({
    fence: context.fence,
    now: options.clock.now(),
    patch: { publication: { intendedSha: headSha, approvedSha } },
    event: {
      kind: 'task.gate_passed',
      data: {
        branch: task.branch,
        headSha,
        commits: count,
        filesChanged,
        ...(context.newerText && { newerText: true }),
      },
    },
  });
  return recorded.moved
    ? { ok: true, value: { task: recorded.task, work: { ...work, headSha, approvedSha } } }
    : ended({ kind: 'stale' });
}

async function makeCommits(
  commits: readonly ApprovedCommit[],
  { git, work, writer }: { writer: CommitWriter; git: Pick<typeof realWorkGit, 'readChanges'>; work: PreparedWork },
): Promise<GitHubResult<Made>> {
  let parent = work.baseSha;
  for (const commit of commits) {
    const changes = await git.readChanges(work.gitDir, commit);
    const tree = await uploadTree(writer, { base: commit.parentTree, ...changes });
    if (!tree.ok) {
      return tree;
    }
    if (tree.value !== commit.tree) {
      return refused(`GitHub made the tree ${tree.value} of what was approved as ${commit.tree}.`);
    }
    const created = await writer.createCommit({ message: commit.message, tree: commit.tree, parent });
    if (!created.ok) {
      return created;
    }
    const { isVerified, parents, reason, sha, tree: holds } = created.value;
    if (holds !== commit.tree || parents.join() !== parent) {
      return refused(`GitHub made the commit ${sha} with another tree or parent than it was asked for.`);
    }
    if (!isVerified) {
      return refused(`GitHub made the commit ${sha} without a verified signature: ${reason}.`);
    }
    parent = sha;
  }
  return { ok: true, value: { ok: true, sha: parent } };
}

function refused(why: string): GitHubResult<Made> {
  return { ok: true, value: { ok: false, why } };
}
