import { describe, expect, test } from 'vitest';

import { createSqsMessages } from '../../app/queue/sqs/sqs-messages.ts';
import { createSqsQueue, type SqsQueue, type SqsQueueOptions } from '../../app/queue/sqs/sqs-queue.ts';
import type { Queue, Receipt } from '../../app/queue/queue.ts';
import type { WakeUp } from '../../app/store/wake-up.ts';
import { testQueue } from '../contract/queue.ts';
import { withDatabase } from '../support/database.ts';
import { withSqs, type LentQueue } from '../support/sqs.ts';

const sqs = withSqs();
const db = withDatabase();
const silent = { warn: () => undefined, error: () => undefined };

function open(lent: LentQueue, options: Partial<SqsQueueOptions> = {}): SqsQueue {
  return createSqsQueue({
    messages: createSqsMessages(lent.place),
    deadLetters: lent.deadLetters === null ? null : createSqsMessages(lent.deadLetters),
    database: db.database,
    clock: { now: () => new Date() },
    nextWakeAt: async () => null,
    log: silent,
    ...options,
  });
}

function receive(queue: Queue, kinds: WakeUp['kind'][] = ['inbox', 'task', 'report']): Promise<Receipt[]> {
  return queue.receive({ kinds, max: 10, signal: new AbortController().signal });
}

function idsOf(receipts: readonly Receipt[]): string[] {
  return receipts.map((receipt) => `${receipt.wakeUp.kind} ${receipt.wakeUp.id}`);
}

describe.each([false, true])('the queue on SQS (FIFO: %s)', (fifo) => {
  testQueue(async () => {
    const queue = open(await sqs.create({ fifo }));
    expect(idsOf(await receive(queue))).toEqual(['inbox *', 'task *', 'report *']);
    return queue;
  });

  test('gives a wake-up to one process only', async () => {
    const lent = await sqs.create({ fifo });
    const [one, two] = [open(lent), open(lent)];
    const queues = [one, two];
    await Promise.all(queues.map((queue) => receive(queue)));
    await Promise.all(Array.from({ length: 40 }, (_, index) => one.send({ kind: 'task', id: `t${index}` })));
    const seen: string[] = [];
    const enough = new AbortController();
    await Promise.all(
      queues.map(async (queue) => {
        while (!enough.signal.aborted) {
          const receipts = await queue.receive({ kinds: ['task'], max: 10, signal: enough.signal });
          await Promise.all(receipts.map((receipt) => receipt.acknowledge()));
          seen.push(...idsOf(receipts));
          if (seen.length >= 40) {
            enough.abort();
          }
        }
      }),
    );
    expect(new Set(seen).size).toBe(40);
    expect(seen).toHaveLength(40);
    await Promise.all(queues.map((queue) => queue.close()));
  });
});
