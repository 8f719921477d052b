import type { AttemptRepositoriesOptions } from '../../git/attempt-repository.ts';
import { WorkLost } from '../../git/attempt/attempt.ts';
import type { Mirrors } from '../../git/mirror.ts';
import { isElsewhere } from '../../git/remote-problem.ts';
import { followRename } from '../../github/follow-rename.ts';
import type { GitHub } from '../../github/github.ts';
import { withReadToken } from '../../github/with-read-token.ts';
import type { TaskStore } from '../../store/stores.ts';
import { ServiceUnavailable } from '../../task/service-unavailable.ts';

/**
 * Fetches the commit that kept work stands on, where a machine has no mirror of the repository or an empty one: with a
 * token that can read this repository and nothing else, revoked afterwards. While GitHub is unavailable it is
 * `ServiceUnavailable`; when GitHub says that the commit cannot be had, `WorkLost`.
 */
export function createCommitFetcher(options: {
  tasks: Pick<TaskStore, 'find'>;
  github: (installationId: number) => GitHub;
  mirrors: Pick<Mirrors, 'ensureCommit'>;
}): AttemptRepositoriesOptions['fetchCommit'] {
  return async function fetchCommit({ taskId, repositoryId, branch, sha, submodule }) {
    const task = await options.tasks.find(taskId);
    if (task === null) {
      throw new WorkLost(`There is no task ${taskId} to fetch its base ${sha} for.`);
    }
    const github = options.github(task.installationId);
    // The repository may have another name by now.
    const repository =
      submodule === undefined
        ? await github.fetchRepository(repositoryId)
        : await github.fetchRepositoryByName(submodule);
    const fetched = repository.ok
      ? await followRename(repository.value.ref, {
          github,
          run: (ref) =>
            withReadToken(github, { ref, isPrivate: submodule?.isPrivate ?? true }, (token) =>
              options.mirrors.ensureCommit({ repository: ref, token, branch, sha }),
            ),
          isElsewhere: (result) => !result.ok && isElsewhere(result),
        })
      : repository;
    if (!fetched.ok) {
      throw explain(sha, { ...fetched.problem, note: fetched.problem.message });
    }
    if (!fetched.value.ok) {
      throw explain(sha, fetched.value);
    }
    if (!fetched.value.found) {
      throw new WorkLost(`GitHub does not have the commit ${sha} of ${branch} any more, which the work is based on.`);
    }
  };
}

function explain(sha: string, problem: { kind: string; note: string; retryAt: Date | null }): Error {
  const isFinal = ['forbidden', 'not_found', 'moved', 'unaddressable', 'gone', 'invalid'].includes(problem.kind);
  return isFinal
    ? new WorkLost(`The commit ${sha} which the work is based on cannot be fetched: ${problem.note}`)
    : new ServiceUnavailable(`GitHub: ${problem.note}`, { place: 'github', retryAt: problem.retryAt });
}
