import type { AddressInfo } from 'node:net';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import type { SqsPlace } from '../../app/queue/sqs/sqs-messages.ts';
import type { Defer } from '../frame/with-clean-up.ts';

/** An SQS on loopback in this process with one queue; the environment gets what its clients look for. */
export async function serveSqs(defer: Defer): Promise<SqsPlace> {
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'a-key-for-the-bench',
    AWS_SECRET_ACCESS_KEY: 'a-secret-for-the-bench',
  });
  const app = buildApp({ logger: false, host: 'localhost' });
  await app.listen({ port: 0, host: '127.0.0.1' });
  defer(() => app.close());
  const endpointUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const client = new SQSClient({ endpoint: endpointUrl });
  defer(() => client.destroy());
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'bosun-bench' }));
  return { queueUrl: QueueUrl ?? '', endpointUrl };
}
