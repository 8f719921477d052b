import type { GitHub } from '../../github/github.ts';
import type { RepositoryRef, Task } from '../../task/task.ts';
import { endingOf, type Part, ended } from '../publishing.ts';

/**
 * Whether the commits have to be signed by GitHub: where the repository's file says so, and without a word of it where
 * the branch of the work, or the one it is to be merged into, takes signed commits alone.
 */
export async function needsSigning(
  task: Task,
  at: { github: GitHub; repository: RepositoryRef; defaultBranch: string },
): Promise<Part<boolean>> {
  const { signedCommits } = task.settings;
  if (signedCommits !== undefined && signedCommits !== null) {
    return { ok: true, value: signedCommits };
  }
  const branches = new Set([task.branch, task.baseBranch ?? at.defaultBranch]);
  const answers = await Promise.all([...branches].map((branch) => at.github.requiresSignatures(at.repository, branch)));
  const problem = answers.find((answer) => !answer.ok);
  if (problem !== undefined && !problem.ok) {
    return ended(endingOf(problem.problem, 'REPOSITORY_GONE'));
  }
  return { ok: true, value: answers.some((answer) => answer.ok && answer.value) };
}

/** Whether a refusal is about signatures: a rule that could not be seen before. */
export function isAboutSignatures(reason: string): boolean {
  return /verified signature|must (?:be|have) (?:a )?(?:valid )?sign|commit signature/i.test(reason);
}
