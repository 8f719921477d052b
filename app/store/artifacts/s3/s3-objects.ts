import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

export interface S3Place {
  readonly bucket: string;
  /** Before every key, without slashes at its ends; empty for none. */
  readonly prefix: string;
  /** Another endpoint than Amazon's; null for Amazon S3. */
  readonly endpointUrl: string | null;
  /** How often one request is tried; 4 by default. */
  readonly maxAttempts?: number;
}

/** The four things we ask of an object store. Every call is retried by the SDK and rejects with the SDK's own error. */
export interface S3Objects {
  put(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | null>;
  /** Every object whose key begins with `prefix`, in the order of keys, all pages. */
  list(prefix: string): Promise<{ key: string; sizeBytes: number }[]>;
  remove(key: string): Promise<void>;
}

/** Connecting, and the silence between two packets of an answer. */
const CONNECTION_TIMEOUT_MS = 5_000;
const SOCKET_TIMEOUT_MS = 30_000;

/**
 * Credentials and region come from where the SDK looks for them: environment, profile, role of the machine. With an
 * endpoint of its own, buckets are part of the path, and checksums that not every store knows are left out.
 */
export function createS3Objects(place: S3Place): S3Objects {
  const { bucket, endpointUrl } = place;
  const client = new S3Client({
    maxAttempts: place.maxAttempts ?? 4,
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: SOCKET_TIMEOUT_MS },
    ...(endpointUrl === null
      ? {}
      : {
          endpoint: endpointUrl,
          forcePathStyle: true,
          requestChecksumCalculation: 'WHEN_REQUIRED',
          responseChecksumValidation: 'WHEN_REQUIRED',
        }),
  });
  const at = (key: string): string => (place.prefix === '' ? key : `${place.prefix}/${key}`);

  return {
    async put(key, bytes) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: at(key), Body: bytes }));
    },
    async get(key) {
      try {
        const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: at(key) }));
        return (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
      } catch (error) {
        if (error instanceof NoSuchKey) {
          return null;
        }
        throw error;
      }
    },
    async list(prefix) {
      const found: { key: string; sizeBytes: number }[] = [];
      let token: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: at(prefix), ContinuationToken: token }),
        );
        for (const { Key = '', Size = 0 } of page.Contents ?? []) {
          found.push({ key: Key.slice(at('').length), sizeBytes: Size });
        }
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return found;
    },
    async remove(key) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: at(key) }));
    },
  };
}
