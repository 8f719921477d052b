import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { afterAll, beforeAll } from 'vitest';
import type { SqsPlace } from '../../app/queue/sqs/sqs-messages.ts';

/** What any client of the queue in tests has in its environment. */
export const SQS_ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'a-key-for-tests',
  AWS_SECRET_ACCESS_KEY: 'a-secret-for-tests',
};

export interface LentQueue {
  readonly place: SqsPlace & { endpointUrl: string };
  /** Null for a queue without a redrive policy. */
  readonly deadLetters: (SqsPlace & { endpointUrl: string }) | null;
}

export interface LentSqs {
  readonly endpointUrl: string;
  readonly client: SQSClient;
  /** A queue of its own, with a dead-letter queue after `maxReceives` (3) unless told otherwise. */
  create(options?: { fifo?: boolean; maxReceives?: number | null }): Promise<LentQueue>;
}

/**
 * Lends queues for the tests of a file: of a server in this process, or, with `AWS_ENDPOINT_URL_SQS` set, of the one
 * that is there. Queues are deleted at the end.
 */
export function withSqs(): LentSqs {
  const made: string[] = [];
  let endpointUrl = '';
  let client: SQSClient;
  let stop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    const given = process.env['AWS_ENDPOINT_URL_SQS'];
    if (given === undefined) {
      Object.assign(process.env, SQS_ENVIRONMENT);
      const app = buildApp({ logger: false, host: 'localhost' });
      await app.listen({ port: 0, host: '127.0.0.1' });
      endpointUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
      stop = async () => {
        await app.close();
      };
    } else {
      endpointUrl = given;
    }
    client = new SQSClient({ endpoint: endpointUrl });
  });

  afterAll(async () => {
    await Promise.all(made.map((url) => client.send(new DeleteQueueCommand({ QueueUrl: url }))));
    client.destroy();
    await stop();
  });

  async function createOne(name: string, attributes: Record<string, string>): Promise<string> {
    const answer = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    made.push(answer.QueueUrl ?? '');
    return answer.QueueUrl ?? '';
  }

  return {
    get endpointUrl() {
      return endpointUrl;
    },
    get client() {
      return client;
    },
    async create({ fifo = false, maxReceives = 3 } = {}) {
      const name = `bosun-test-${randomUUID()}`;
      const suffix = fifo ? '.fifo' : '';
      const kind: Record<string, string> = fifo ? { FifoQueue: 'true' } : {};
      if (maxReceives === null) {
        return { place: { queueUrl: await createOne(name + suffix, kind), endpointUrl }, deadLetters: null };
      }
      const dead = await createOne(`${name}-dead${suffix}`, kind);
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
      );
      const policy = { deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: maxReceives };
      const queueUrl = await createOne(name + suffix, { ...kind, RedrivePolicy: JSON.stringify(policy) });
      return { place: { queueUrl, endpointUrl }, deadLetters: { queueUrl: dead, endpointUrl } };
    },
  };
}
