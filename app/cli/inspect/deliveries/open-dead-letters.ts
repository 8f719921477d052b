import type { ServerConfig } from '../../../config/server-config.ts';
import { createSqsMessages, type SqsMessages } from '../../../queue/sqs/sqs-messages.ts';
import { explainSqsProblem } from '../../../queue/sqs/sqs-problem.ts';

export interface DeadLetterQueue {
  readonly queue: SqsMessages;
  /** Null where the queue has no redrive policy. */
  readonly deadLetters: SqsMessages | null;
}

/** The queue of SQS_QUEUE_URL and its dead letters; null where wake-ups go through the database. Throws a sentence. */
export async function openDeadLetters(sqs: ServerConfig['storage']['sqs']): Promise<DeadLetterQueue | null> {
  if (sqs === null) {
    return null;
  }
  const queue = createSqsMessages(sqs);
  try {
    const redrive = await queue.readRedrive();
    return { queue, deadLetters: redrive === null ? null : await queue.find(redrive.deadLetterArn) };
  } catch (error) {
    queue.close();
    const { found, remedy } = explainSqsProblem(error, sqs);
    throw new Error(`${found} ${remedy}`, { cause: error });
  }
}
