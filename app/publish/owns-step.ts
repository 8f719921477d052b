import { matchesFence, type Fence } from '../task/fence.ts';
import type { PublisherOptions } from './publisher-options.ts';

/**
 * Whether the step is still this process's to take, asked last before each act that GitHub cannot refuse by itself. A
 * process that stood still between recording its intent and acting finds here that somebody else went on.
 */
export async function ownsStep(fence: Fence, { tasks }: Pick<PublisherOptions, 'tasks'>): Promise<boolean> {
  const task = await tasks.find(fence.taskId);
  return task?.state === 'FINALIZING' && matchesFence(task, fence);
}
