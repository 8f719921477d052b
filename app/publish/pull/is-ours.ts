import type { PullFacts } from '../../github/github.ts';
import type { Task } from '../../task/task.ts';
import type { PublisherOptions } from '../publisher-options.ts';

/** Whether Bosun opened this pull request for this task: by who wrote it and by the marker in it. */
export async function isOurs(
  pull: Pick<PullFacts, 'authorAppId' | 'body'>,
  task: Pick<Task, 'id'>,
  options: Pick<PublisherOptions, 'identity' | 'marker'>,
): Promise<boolean> {
  const { appId } = options.identity;
  return (appId === null || pull.authorAppId === appId) && pull.body.includes(await options.marker(task.id));
}
