import type { Log } from '../../task/ports/log.ts';
import { createHash } from 'node:crypto';
import { takeStart } from '../../../protocol/index.ts';
import type { IncomingMessage, SqsMessages } from './sqs-messages.ts';

/** Attributes of a parked message; `bosun deliveries --dead` shows them. */
export const REASON_ATTRIBUTE = 'BosunReason';
const ORIGIN_ATTRIBUTE = 'BosunMessageId';
const UNREADABLE = 'unreadable body';

const MOST_EVIDENCE = 200;

/**
 * Puts a message whose body is not ours among the dead letters, with the reason, or, where there are none, into the log.
 * False when it could not be parked: then it is left to the redrive policy of the queue.
 */
export async function parkMessage(
  message: IncomingMessage,
  to: {
    deadLetters: Pick<SqsMessages, 'send'> | null;
    log: Pick<Log, 'warn' | 'error'>;
  },
): Promise<boolean> {
  const sha256 = createHash('sha256').update(message.body).digest('hex');
  const evidence = {
    messageId: message.messageId,
    receives: message.receives,
    sha256,
    start: takeStart(message.body, MOST_EVIDENCE),
  };
  if (to.deadLetters === null) {
    to.log.error(
      'A message that Bosun did not write was removed; set a dead-letter queue to keep such ones.',
      evidence,
    );
    return true;
  }
  try {
    const [outcome] = await to.deadLetters.send([
      {
        body: message.body,
        groupId: 'unreadable',
        dedupId: message.messageId,
        attributes: { [REASON_ATTRIBUTE]: UNREADABLE, [ORIGIN_ATTRIBUTE]: message.messageId },
      },
    ]);
    if (outcome !== null && outcome !== undefined) {
      throw new Error(`${outcome.code}: ${outcome.message}`);
    }
    to.log.error('A message that Bosun did not write was put among the dead letters.', evidence);
    return true;
  } catch (error) {
    if (message.receives === 1) {
      to.log.error('A message that Bosun did not write could not be put among the dead letters.', {
        ...evidence,
        err: error,
      });
    }
    return false;
  }
}
