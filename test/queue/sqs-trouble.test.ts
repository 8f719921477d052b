import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { openQueue } from '../../app/main/storage/open-queue.ts';
import type { Queue, Receipt } from '../../app/queue/queue.ts';
import type { WakeUp } from '../../app/store/wake-up.ts';
import { gather } from '../../app/queue/sqs/gather.ts';
import { holdMessages } from '../../app/queue/sqs/extend-messages.ts';
import { encodeHint } from '../../app/queue/sqs/message.ts';
import { createSqsMessages, type EntryOutcome } from '../../app/queue/sqs/sqs-messages.ts';
import { createSqsQueue, type SqsQueue, type SqsQueueOptions } from '../../app/queue/sqs/sqs-queue.ts';
import { withExtension } from '../../app/queue/with-extension.ts';
import { withDatabase } from '../support/database.ts';
import { withSqs, type LentQueue } from '../support/sqs.ts';

const sqs = withSqs();
const db = withDatabase();
const opened: Queue[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((queue) => queue.close()));
  vi.unstubAllEnvs();
});

function open(lent: LentQueue, options: Partial<SqsQueueOptions> = {}): SqsQueue {
  const queue = createSqsQueue({
    messages: createSqsMessages(lent.place),
    deadLetters: lent.deadLetters === null ? null : createSqsMessages(lent.deadLetters),
    database: db.database,
    clock: { now: () => new Date() },
    nextWakeAt: async () => null,
    log: recordLog().log,
    ...options,
  });
  opened.push(queue);
  return queue;
}

function recordLog() {
  const lines: { fields: object; message: string }[] = [];
  const add = (message: string, fields: object = {}) => void lines.push({ fields, message });
  return { lines, log: { warn: add, error: add } };
}

function receive(queue: Queue, kinds: WakeUp['kind'][]): Promise<Receipt[]> {
  return queue.receive({ kinds, max: 10, signal: AbortSignal.timeout(15_000) });
}

/** What is in a queue right now. */
async function look(queueUrl: string) {
  const request = { QueueUrl: queueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'], VisibilityTimeout: 0 };
  const { Messages = [] } = await sqs.client.send(new ReceiveMessageCommand(request));
  return Messages;
}

/** How many are there, hidden ones included. */
async function countOf(queueUrl: string): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const request = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] });
  const { Attributes } = await sqs.client.send(request);
  return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? Number.NaN), 0);
}

describe('messages', () => {
  test('are removed after the work and not before it', async () => {
    const lent = await sqs.create();
    const queue = open(lent);
    await receive(queue, ['task']);
    await queue.send({ kind: 'task', id: 't1' });
    const receipts = await receive(queue, ['task']);
    const during = await withExtension(receipts, () => countOf(lent.place.queueUrl));
    expect([during, await countOf(lent.place.queueUrl)]).toEqual([1, 0]);
  });

  test('whose work failed stay, and are given back when the process goes', async () => {
    const calls: string[] = [];
    const held = holdMessages(
      {
        hide: async (receipts, seconds) => {
          calls.push(`${receipts.join()} ${seconds} s`);
          return receipts.map(() => null);
        },
        remove: async (receipts) => {
          calls.push(`${receipts.join()} removed`);
          return receipts.map(() => null);
        },
      },
      recordLog().log,
    );
    const wakeUp = { kind: 'task', id: 't1' } as const;
    const receipts = [{ wakeUp, ...held.hold('failed') }];
    const work = withExtension(receipts, () => Promise.reject(new Error('the database is away')));
    await expect(work).rejects.toThrow('away');
    await withExtension([{ wakeUp, ...held.hold('done') }], async () => undefined);
    await held.release();
    expect(calls).toEqual(['done removed', 'failed 0 s']);
  });

  test('stay hidden while the work continues', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const hidden: string[] = [];
      const held = holdMessages(
        {
          hide: async (receipts) => {
            hidden.push(...receipts);
            return receipts.map(() => null);
          },
          remove: async (receipts) => receipts.map(() => null),
        },
        recordLog().log,
      );
      const wakeUp = { kind: 'task', id: 't1' } as const;
      const done = Promise.withResolvers<void>();
      const work = withExtension([{ wakeUp, ...held.hold('r1') }], () => done.promise);
      for (const round of [1, 2, 3]) {
        vi.advanceTimersByTime(20_000);
        await expect.poll(() => hidden.length).toBe(round);
      }
      done.resolve();
      await work;
      vi.advanceTimersByTime(60_000);
      expect(hidden).toEqual(['r1', 'r1', 'r1']);
    } finally {
      vi.useRealTimers();
    }
  });

  test('for another role are handed on', async () => {
    const lent = await sqs.create();
    const web = open(lent);
    await receive(web, ['inbox']);
    const atWeb = receive(web, ['inbox']);
    await web.send({ kind: 'task', id: 't1' });
    const orchestrator = open(lent);
    await receive(orchestrator, ['task']);
    expect((await receive(orchestrator, ['task'])).map(({ wakeUp }) => wakeUp)).toEqual([{ kind: 'task', id: 't1' }]);
    await web.close();
    await atWeb;
  }, 30_000);

  test('for another role are not handed on for ever', async () => {
    const lent = await sqs.create();
    const web = open(lent);
    await receive(web, ['inbox']);
    const atWeb = receive(web, ['inbox']);
    const travelled = JSON.stringify({ kind: 'task', id: 't1', hops: 8 });
    await sqs.client.send(new SendMessageCommand({ QueueUrl: lent.place.queueUrl, MessageBody: travelled }));
    await expect.poll(() => countOf(lent.place.queueUrl)).toBe(0);
    await web.close();
    await atWeb;
  });

  test.each([false, true])('that nobody can read are parked with the reason (FIFO: %s)', async (fifo) => {
    const lent = await sqs.create({ fifo });
    const { lines, log } = recordLog();
    const queue = open(lent, { log });
    await receive(queue, ['task']);
    await sqs.client.send(
      new SendMessageCommand({
        QueueUrl: lent.place.queueUrl,
        MessageBody: '<order>66</order>',
        ...(fifo ? { MessageGroupId: 'g', MessageDeduplicationId: 'd' } : {}),
      }),
    );
    await queue.send({ kind: 'task', id: 't1' });
    expect((await receive(queue, ['task'])).map(({ wakeUp }) => wakeUp.id)).toEqual(['t1']);
    await expect.poll(() => look(lent.deadLetters?.queueUrl ?? '')).toHaveLength(1);
    const [dead] = await look(lent.deadLetters?.queueUrl ?? '');
    expect(dead?.Body).toBe('<order>66</order>');
    expect(dead?.MessageAttributes?.['BosunReason']?.StringValue).toBe('unreadable body');
    expect(lines.filter(({ message }) => message.includes('did not write'))).toHaveLength(1);
  });

  test('that cannot be read are logged and removed where there are no dead letters', async () => {
    const lent = await sqs.create({ maxReceives: null });
    const { lines, log } = recordLog();
    const queue = open(lent, { log });
    await receive(queue, ['task']);
    await sqs.client.send(new SendMessageCommand({ QueueUrl: lent.place.queueUrl, MessageBody: 'junk' }));
    const atQueue = receive(queue, ['task']);
    await expect.poll(() => lines.map(({ fields }) => fields)).toMatchObject([{ start: 'junk' }]);
    await expect.poll(() => countOf(lent.place.queueUrl)).toBe(0);
    await queue.close();
    await atQueue;
  });

  test('of the same row are never taken for one by a FIFO queue', () => {
    const hint = { wakeUp: { kind: 'task', id: 't1' }, hops: 0 } as const;
    const [one, two] = [encodeHint(hint, 'a'), encodeHint(hint, 'b')];
    expect([one.groupId === two.groupId, one.dedupId === two.dedupId]).toEqual([true, false]);
    const other = encodeHint({ wakeUp: { kind: 'task', id: 't2' }, hops: 0 }, 'c');
    expect(other.groupId).not.toBe(one.groupId);
  });

  test('that fail after enough receives end among the dead letters', async () => {
    const lent = await sqs.create({ maxReceives: 2 });
    const messages = createSqsMessages(lent.place);
    await messages.send([encodeHint({ wakeUp: { kind: 'task', id: 't1' }, hops: 0 }, 'd')]);
    for (const round of [1, 2]) {
      const [message] = await messages.receive({ max: 1, waitSeconds: 0, hiddenSeconds: 0 });
      expect(message?.receives).toBe(round);
    }
    expect(await messages.receive({ max: 1, waitSeconds: 0, hiddenSeconds: 0 })).toEqual([]);
    expect(await look(lent.deadLetters?.queueUrl ?? '')).toHaveLength(1);
    messages.close();
  });
});

describe('a batch', () => {
  const later: EntryOutcome = { code: 'InternalError', message: '', mayRetry: true };
  const wrong: EntryOutcome = { code: 'InvalidMessageContents', message: 'no', mayRetry: false };

  test('of which a part fails is tried again for that part only, and what is wrong fails alone', async () => {
    const batches: string[][] = [];
    const add = gather(async (items: readonly string[]) => {
      batches.push([...items]);
      const fates: Record<string, EntryOutcome> = { wrong, ...(batches.length === 1 ? { later } : {}) };
      return items.map((item) => fates[item] ?? null);
    });
    const outcomes = await Promise.allSettled(['a', 'later', 'wrong', 'b'].map(add));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(batches).toEqual([['a', 'later', 'wrong', 'b'], ['later']]);
  });

  test('holds no more than ten', async () => {
    const sizes: number[] = [];
    const add = gather(async (items: readonly number[]) => {
      sizes.push(items.length);
      return items.map(() => null);
    });
    await Promise.all(Array.from({ length: 25 }, (_, index) => add(index)));
    expect(sizes).toEqual([10, 10, 5]);
  });
});

describe('a start', () => {
  const needs = () => ({ database: db.database, nextWakeAt: async () => null, log: recordLog().log });

  async function refuse(status: number, type: string): Promise<{ endpointUrl: string; stop: () => void }> {
    const server = createServer((_, response) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message: 'no' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { endpointUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
  }

  test('with a queue that is not there stops and names the setting', async () => {
    const { place } = await sqs.create();
    const wrong = { ...place, queueUrl: `${place.queueUrl}-nowhere` };
    await expect(openQueue({ sqs: wrong }, needs())).rejects.toThrow(/There is no SQS queue .*correct SQS_QUEUE_URL/);
  });

  test.each([
    [
      403,
      'AccessDeniedException',
      /may not use the queue of SQS_QUEUE_URL \(sqs:GetQueueAttributes.*Grant sqs:SendMessage/,
    ],
    [403, 'InvalidClientTokenId', /does not accept the AWS credentials.*AWS_ACCESS_KEY_ID/],
    [400, 'QueueDoesNotExist', /correct SQS_QUEUE_URL/],
  ])('with an answer %i %s stops and says what to do', async (status, type, sentence) => {
    const { endpointUrl, stop } = await refuse(status, type);
    const place = { queueUrl: 'https://sqs.us-east-1.amazonaws.com/1/bosun', endpointUrl };
    await expect(openQueue({ sqs: place }, needs())).rejects.toThrow(sentence);
    stop();
  });

  test('without credentials stops and names the variables', async () => {
    const { place } = await sqs.create();
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) {
      vi.stubEnv(name, undefined);
    }
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    await expect(openQueue({ sqs: place }, needs())).rejects.toThrow(
      /no AWS credentials were found.*AWS_ACCESS_KEY_ID/,
    );
  });

  test('continues while SQS is unavailable, and finds work by its sweep', async () => {
    const place = { queueUrl: 'https://sqs.us-east-1.amazonaws.com/1/bosun', endpointUrl: 'http://127.0.0.1:1' };
    const { queue, wake } = await openQueue({ sqs: place }, needs());
    opened.push(queue);
    expect((await receive(queue, ['task'])).map(({ wakeUp }) => wakeUp.id)).toEqual(['*']);
    wake({ kind: 'task', id: 't1' });
    expect((await receive(queue, ['task'])).map(({ wakeUp }) => wakeUp.id)).toEqual(['t1']);
  }, 30_000);
});
