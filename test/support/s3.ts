import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { buildApp } from 'fauxqs';
import { afterAll, beforeAll } from 'vitest';
import type { S3Place } from '../../app/store/artifacts/s3/s3-objects.ts';

/** What any client of the store in tests has in its environment. */
export const S3_ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'a-key-for-tests',
  AWS_SECRET_ACCESS_KEY: 'a-secret-for-tests',
};

export interface LentBucket {
  /** A place of its own in the bucket, empty. */
  readonly place: S3Place & { endpointUrl: string };
}

/**
 * Lends a bucket for the tests of a file: of a store in this process, or, with `AWS_ENDPOINT_URL_S3` set, of the one that
 * is there (its buckets are left behind: `bosun-test-…`).
 */
export function withBucket(): LentBucket {
  const bucket = `bosun-test-${randomUUID()}`;
  let endpointUrl = '';
  let stop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    const given = process.env['AWS_ENDPOINT_URL_S3'];
    if (given === undefined) {
      Object.assign(process.env, S3_ENVIRONMENT);
      const app = buildApp({ logger: false, host: 'localhost' });
      await app.listen({ port: 0, host: '127.0.0.1' });
      endpointUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
      stop = async () => {
        await app.close();
      };
    } else {
      endpointUrl = given;
    }
    const client = new S3Client({ endpoint: endpointUrl, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
  });

  afterAll(() => stop());

  return {
    get place() {
      return { bucket, prefix: `t/${randomUUID()}`, endpointUrl };
    },
  };
}
