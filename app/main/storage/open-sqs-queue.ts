import { probeSqs } from '../../queue/sqs/probe-sqs.ts';
import { createSqsMessages, type SqsMessages, type SqsPlace } from '../../queue/sqs/sqs-messages.ts';
import { explainSqsProblem } from '../../queue/sqs/sqs-problem.ts';
import { createSqsQueue, type SqsQueue } from '../../queue/sqs/sqs-queue.ts';
import { systemClock } from '../system.ts';
import type { Database } from '../../store/database.ts';
import type { Log } from '../../task/ports/log.ts';

export interface QueueNeeds {
  readonly database: Database;
  readonly nextWakeAt: () => Promise<Date | null>;
  readonly log: Pick<Log, 'warn' | 'error'>;
}

/** The queue at SQS. Loaded only where one is set, because the SDK of AWS takes much memory. */
export async function openSqsQueue(place: SqsPlace, needs: QueueNeeds): Promise<SqsQueue> {
  const redrive = await examine(place, needs.log);
  const messages = createSqsMessages(place);
  const deadLetters = redrive === null ? null : await findDeadLetters(messages, redrive, needs.log);
  return createSqsQueue({ ...needs, messages, deadLetters, clock: systemClock });
}

async function examine(place: SqsPlace, log: QueueNeeds['log']): Promise<string | null> {
  const probe = await probeSqs(place);
  if (!probe.ok && probe.problem.kind === 'setting') {
    throw new Error(`${probe.problem.found} ${probe.problem.remedy}`);
  }
  if (!probe.ok) {
    log.warn('The queue does not answer; work is found by the slow sweep until it does', {
      found: probe.problem.found,
    });
    return null;
  }
  if (probe.redrive === null) {
    log.warn('The queue has no dead-letter queue; `bosun doctor` shows how to set one', { queue: place.queueUrl });
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
    log.warn('The dead-letter queue cannot be used; unreadable messages are only logged', { found, arn });
    return null;
  }
}
