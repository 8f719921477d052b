import { readAwsError } from '../../read-aws-error.ts';
import type { S3Place } from './s3-objects.ts';

/** What is wrong with the store, in a sentence, and what to do. `setting`: it stays wrong until a person acts. */
export interface S3Problem {
  readonly kind: 'setting' | 'away';
  readonly found: string;
  readonly remedy: string;
}

/** Reads an error of the SDK by its code and status; its text is only quoted. */
export function explainS3Problem(error: unknown, place: Pick<S3Place, 'bucket' | 'endpointUrl'>): S3Problem {
  const { name, code, status, message } = readAwsError(error);
  const where = place.endpointUrl === null ? 'Amazon S3' : place.endpointUrl;
  const bucket = `the bucket ${place.bucket}`;
  if (name === 'NoSuchBucket') {
    return setting(
      `There is no bucket ${place.bucket} at ${where}.`,
      'Create it, or correct the name in BOSUN_ARTIFACTS.',
    );
  }
  if (name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed' || status === 301) {
    return setting(`${upper(bucket)} is in another region.`, 'Set AWS_REGION to the region of the bucket.');
  }
  if (message === 'Region is missing') {
    return setting('No region is set for S3.', 'Set AWS_REGION to the region of the bucket.');
  }
  if (name === 'CredentialsProviderError') {
    return setting(
      'No AWS credentials were found.',
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role.',
    );
  }
  if (name === 'InvalidAccessKeyId' || name === 'SignatureDoesNotMatch' || name === 'ExpiredToken' || status === 401) {
    return setting(
      `${where} does not accept the AWS credentials (${name}).`,
      'Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.',
    );
  }
  if (status === 403) {
    return setting(
      `The AWS credentials may not use ${bucket} (${name}).`,
      'Grant s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket on the bucket and its objects.',
    );
  }
  const what = code ?? (status === null ? name : `${status} ${name}`);
  return {
    kind: 'away',
    found: `${upper(bucket)} at ${where} does not answer (${what}).`,
    remedy: 'Check that the store is up and AWS_ENDPOINT_URL_S3 is right; Bosun keeps retrying.',
  };
}

function setting(found: string, remedy: string): S3Problem {
  return { kind: 'setting', found, remedy };
}

function upper(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
