import type { GitHub } from '../../github/github.ts';
import { findInRetries } from '../../task/find-in-retries.ts';
import type { Task } from '../../task/task.ts';
import { RetryLater } from '../retry-later.ts';
import type { AdmissionOptions, CommandRequest } from '../context.ts';

const RETRY_MS = 30_000;

/** The open pull request of the thread's last task, or of one that it repeats; null when there is none or it is closed. */
export async function findOpenPull(
  order: CommandRequest,
  options: Pick<AdmissionOptions, 'stores'>,
  github: Pick<GitHub, 'fetchThread'>,
): Promise<{ readonly task: Task; readonly url: string } | null> {
  const { repository, thread } = order.incoming;
  const { tasks } = options.stores;
  const latest = await tasks.findLatest(repository.id, thread.number);
  const task = await findInRetries(latest, {
    find: tasks.find,
    matches: ({ publication }) => publication.pullNumber !== null,
  });
  if (task === null || task.publication.pullNumber === null || task.finishedAt === null) {
    return null;
  }
  const pull = await github.fetchThread(repository, task.publication.pullNumber);
  if (pull.ok) {
    const url = task.publication.pullUrl ?? `#${task.publication.pullNumber}`;
    return pull.value.state === 'open' ? { task, url } : null;
  }
  const { problem } = pull;
  if (problem.kind === 'not_found' || problem.kind === 'gone') {
    return null;
  }
  throw new RetryLater(
    `the pull request of an earlier task: ${problem.message}`,
    problem.retryAt ?? new Date(order.now.getTime() + RETRY_MS),
  );
}
