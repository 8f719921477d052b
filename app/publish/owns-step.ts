import { matchesFence, type Fence } from '../task/fence.ts';
import type { PublisherOptions } from './publisher-options.ts';

/**
 * Whether the step is still this process's to take, asked last before each act that GitHub cannot refuse on its own. A
 * process that was suspended between recording its intent and acting finds here that somebody else continued.
 */
export async function ownsStep(fence: Fence, { tasks }: Pick<PublisherOptions, 'tasks'>): Promise<boolean> {
  const task = await tasks.find(fence.taskId);
  return task?.state === 'FINALIZING' && matchesFence(task, fence);
}
