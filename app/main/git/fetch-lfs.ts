import type { LfsNeed } from '../../git/lfs/lfs-files.ts';
import type { LfsStore } from '../../git/lfs/lfs-store.ts';
import type { GitHub } from '../../github/github.ts';
import type { TaskStore } from '../../store/stores.ts';
import { ServiceUnavailable } from '../../task/service-unavailable.ts';

/** Fetches a file of Git LFS where this machine does not have it, because another one hydrated the task. */
export function createLfsFetcher(options: {
  tasks: Pick<TaskStore, 'find'>;
  github: (installationId: number) => GitHub;
  store: Pick<LfsStore, 'fetch'>;
}): (need: LfsNeed) => Promise<void> {
  return async function fetchLfsFile({ pointer, taskId }) {
    const task = await options.tasks.find(taskId);
    if (task === null) {
      return;
    }
    const github = options.github(task.installationId);
    const fetched = await github.withRepositoryToken(task.repository, 'read', (token) =>
      options.store.fetch({ repository: task.repository, token, pointers: [pointer] }),
    );
    if (!fetched.ok) {
      const { message, retryAt } = fetched.problem;
      throw new ServiceUnavailable(`GitHub: ${message}`, { place: 'github', retryAt });
    }
    if (!fetched.value.ok) {
      throw new ServiceUnavailable(`Git LFS: ${fetched.value.note}`, { place: 'github', retryAt: null });
    }
  };
}
