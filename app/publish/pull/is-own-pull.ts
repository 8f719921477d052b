import type { PullFacts } from '../../github/github.ts';
import type { Task } from '../../task/task.ts';
import { hasMarker } from '../../text/marker.ts';
import type { PublisherOptions } from '../publisher-options.ts';

/** A retry of a retry of a retry: longer rows are not followed. */
const MAX_RETRIES_FOLLOWED = 20;

/** Whether Bosun opened this pull request for this task or one that it retries: by its author and the marker in it. */
export async function isOwnPull(
  pull: Pick<PullFacts, 'authorAppId' | 'body'>,
  task: Pick<Task, 'id' | 'retryOf'>,
  options: Pick<PublisherOptions, 'identity' | 'markerKey' | 'tasks'>,
): Promise<boolean> {
  const { appId } = options.identity;
  if (appId !== null && pull.authorAppId !== appId) {
    return false;
  }
  const key = await options.markerKey();
  let owner: Pick<Task, 'id' | 'retryOf'> | null = task;
  for (let steps = 0; owner !== null && steps < MAX_RETRIES_FOLLOWED; steps += 1) {
    if (hasMarker(pull.body, { name: owner.id, key })) {
      return true;
    }
    owner = owner.retryOf === null ? null : await options.tasks.find(owner.retryOf);
  }
  return false;
}
