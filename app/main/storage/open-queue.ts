import type { ServerConfig } from '../../config/server-config.ts';
import type { Queue } from '../../queue/queue.ts';
import { probeSqs } from '../../queue/sqs/probe-sqs.ts';
import { createSqsMessages, type SqsMessages, type SqsPlace } from '../../queue/sqs/sqs-messages.ts';
import { explainSqsProblem } from '../../queue/sqs/sqs-problem.ts';
import { createSqsQueue } from '../../queue/sqs/sqs-queue.ts';
import { createTableQueue } from '../../queue/table-queue.ts';
import type { Database } from '../../store/database.ts';
import { createNotifier } from '../../store/postgres/create-notifier.ts';
import type { Wake } from '../../store/wake-up.ts';
import { systemClock } from '../system.ts';

export interface QueueNeeds {
  readonly database: Database;
  readonly nextWakeAt: () => Promise<Date | null>;
  readonly log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
}

/**
 * The queue by SQS_QUEUE_URL, or the one on the database, and how the stores tell it of rows that want looking at.
 * Throws a sentence when the queue is set and can never work; one that is away is only warned of.
 */
export async function openQueue(
  config: Pick<ServerConfig['storage'], 'sqs'>,
  needs: QueueNeeds,
): Promise<{ queue: Queue; wake: Wake }> {
  const notify = createNotifier(needs.database);
  if (config.sqs === null) {
    return { queue: createTableQueue({ ...needs, clock: systemClock }), wake: notify };
  }
  const redrive = await examine(config.sqs, needs.log);
  const messages = createSqsMessages(config.sqs);
  const deadLetters = redrive === null ? null : await findDeadLetters(messages, redrive, needs.log);
  const queue = createSqsQueue({ ...needs, messages, deadLetters, clock: systemClock });
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

async function examine(place: SqsPlace, log: QueueNeeds['log']): Promise<string | null> {
  const probe = await probeSqs(place);
  if (!probe.ok && probe.problem.kind === 'setting') {
    throw new Error(`${probe.problem.found} ${probe.problem.remedy}`);
  }
  if (!probe.ok) {
    log.warn(
      { found: probe.problem.found },
      'The queue does not answer; work is found by the slow sweep until it does',
    );
    return null;
  }
  if (probe.redrive === null) {
    log.warn({ queue: place.queueUrl }, 'The queue has no dead-letter queue; `bosun doctor` shows how to set one');
  }
  return probe.redrive?.deadLetterArn ?? null;
}

async function findDeadLetters(
  messages: SqsMessages,
  arn: string,
  log: QueueNeeds['log'],
): Promise<SqsMessages | null> {
  try {
    return await messages.find(arn);
  } catch (error) {
    const { found } = explainSqsProblem(error, { ...messages.place, queueUrl: arn }, 'sqs:GetQueueUrl');
    log.warn({ found, arn }, 'The dead-letter queue cannot be used; unreadable messages are only logged');
    return null;
  }
}
