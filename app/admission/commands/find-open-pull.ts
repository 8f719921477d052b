import type { GitHub } from '../../github/github.ts';
import type { Task } from '../../task/task.ts';
import { RetryLater } from '../retry-later.ts';
import type { AdmissionOptions, CommandRequest } from '../context.ts';

const RETRY_MS = 30_000;
/** How many retries back a pull request is looked for. */
const MOST_RETRIES = 20;

/** The open pull request of the thread's last task, or of one that it repeats; null when there is none or it is closed. */
export async function findOpenPull(
  order: CommandRequest,
  options: Pick<AdmissionOptions, 'stores'>,
  github: Pick<GitHub, 'fetchThread'>,
): Promise<{ readonly task: Task; readonly url: string } | null> {
  const { repository, thread } = order.incoming;
  const { tasks } = options.stores;
  let task = await tasks.findLatest(repository.id, thread.number);
  for (let step = 0; task !== null && task.publication.pullNumber === null && step < MOST_RETRIES; step += 1) {
    task = task.retryOf === null ? null : await tasks.find(task.retryOf);
  }
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
