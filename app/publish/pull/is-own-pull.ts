import type { PullFacts } from '../../github/github.ts';
import { findInRetries } from '../../task/find-in-retries.ts';
import type { Task } from '../../task/task.ts';
import { hasMarker } from '../../text/marker.ts';
import type { PublisherOptions } from '../publisher-options.ts';

/** Whether Bosun opened this pull request for this task or one that it retries: by its author and the marker in it. */
export async function isOwnPull(
  pull: Pick<PullFacts, 'authorAppId' | 'body'>,
  task: Task,
  options: Pick<PublisherOptions, 'identity' | 'markerKey' | 'tasks'>,
): Promise<boolean> {
  const { appId } = options.identity;
  if (appId !== null && pull.authorAppId !== appId) {
    return false;
  }
  const key = await options.markerKey();
  const owner = await findInRetries(task, {
    find: options.tasks.find,
    matches: ({ id }) => hasMarker(pull.body, { name: id, key }),
  });
  return owner !== null;
}
