import type { ServerConfig } from '../../config/server-config.ts';
import type { Queue } from '../../queue/queue.ts';
import { createTableQueue } from '../../queue/table-queue.ts';
import { createNotifier } from '../../store/postgres/create-notifier.ts';
import type { Wake } from '../../store/wake-up.ts';
import { systemClock } from '../system.ts';
import type { QueueNeeds } from './open-sqs-queue.ts';

/**
 * The queue by SQS_QUEUE_URL, or the one on the database, and how the stores tell it of rows that want looking at.
 * Throws a sentence when the queue is set and can never work; one that is unavailable is only warned of.
 */
export async function openQueue(
  config: Pick<ServerConfig['storage'], 'sqs'>,
  needs: QueueNeeds,
): Promise<{ queue: Queue; wake: Wake }> {
  const notify = createNotifier(needs.database);
  if (config.sqs === null) {
    return { queue: createTableQueue({ ...needs, clock: systemClock }), wake: notify };
  }
  const { openSqsQueue } = await import('./open-sqs-queue.ts');
  const queue = await openSqsQueue(config.sqs, needs);
  return {
    queue,
    wake: (wakeUp) => {
      // Messages reach one process; the owner of a running task and the reporters hear by NOTIFY, where it works.
      if (wakeUp.kind !== 'inbox') {
        notify(wakeUp);
      }
      queue.announce(wakeUp);
    },
  };
}
