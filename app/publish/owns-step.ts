import { wasCancelled } from '../task/cancelled.ts';
import { matchesFence, type Fence } from '../task/fence.ts';
import type { Task } from '../task/task.ts';
import type { PublisherOptions } from './publisher-options.ts';
import type { Publishing } from './publishing.ts';

/**
 * Whether the step is still this process's to take, asked last before each act that GitHub cannot refuse on its own. A
 * process that was suspended between recording its intent and acting finds here that somebody else continued.
 */
export async function ownsStep(fence: Fence, options: Pick<PublisherOptions, 'tasks'>): Promise<boolean> {
  return (await findOwned(fence, options)) !== null;
}

export type PushStop = Extract<Publishing, { kind: 'done' | 'stale' }>;

/** What ends a push at the last moment: somebody else has the task, or a person has cancelled it. Null: nothing does. */
export async function findPushStop(fence: Fence, options: Pick<PublisherOptions, 'tasks'>): Promise<PushStop | null> {
  const task = await findOwned(fence, options);
  if (task === null) {
    return { kind: 'stale' };
  }
  return wasCancelled({ stop: task.stop?.kind ?? null })
    ? { kind: 'done', facts: { kind: 'nothing', why: 'cancelled' } }
    : null;
}

async function findOwned(fence: Fence, { tasks }: Pick<PublisherOptions, 'tasks'>): Promise<Task | null> {
  const task = await tasks.find(fence.taskId);
  return task?.state === 'FINALIZING' && matchesFence(task, fence) ? task : null;
}
