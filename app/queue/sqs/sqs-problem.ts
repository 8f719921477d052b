import { readAwsError } from '../../store/read-aws-error.ts';
import type { SqsPlace } from './sqs-messages.ts';

/** What is wrong with the queue, in a sentence, and what to do. `setting`: it stays wrong until somebody acts. */
export interface SqsProblem {
  readonly kind: 'setting' | 'away';
  readonly found: string;
  readonly remedy: string;
}

const NO_QUEUE = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue', 'InvalidAddress', 'NotFound'];
const NOT_ACCEPTED = [
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'IncompleteSignature',
  'InvalidSecurity',
  'ExpiredToken',
  'ExpiredTokenException',
];
const RIGHTS =
  'sqs:SendMessage, sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility, sqs:GetQueueAttributes and sqs:GetQueueUrl';

/** Reads an error of the SDK by its code and status; its text is only quoted. */
export function explainSqsProblem(
  error: unknown,
  place: Pick<SqsPlace, 'queueUrl' | 'endpointUrl'>,
  right?: string,
): SqsProblem {
  const { name, code, status, message } = readAwsError(error);
  const { queueUrl, endpointUrl } = place;
  if (NO_QUEUE.includes(name) || status === 404) {
    const where = endpointUrl === null ? '' : ` at ${endpointUrl}`;
    return setting(
      `There is no SQS queue ${queueUrl}${where}.`,
      'Create it, or correct SQS_QUEUE_URL: the URL as `aws sqs get-queue-url` prints it, with AWS_REGION of the same region.',
    );
  }
  if (message === 'Region is missing') {
    return setting('No region is set for SQS.', 'Set AWS_REGION to the region in SQS_QUEUE_URL.');
  }
  if (name === 'CredentialsProviderError') {
    return setting(
      'SQS_QUEUE_URL is set, and no AWS credentials were found.',
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role.',
    );
  }
  if (NOT_ACCEPTED.includes(name) || status === 401) {
    return setting(
      `SQS does not accept the AWS credentials (${name}).`,
      'Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and that AWS_REGION is the region in SQS_QUEUE_URL.',
    );
  }
  if (status === 403 || name.startsWith('AccessDenied') || name.startsWith('Kms') || name.startsWith('KMS.')) {
    return setting(
      `The AWS credentials may not use the queue of SQS_QUEUE_URL (${right === undefined ? name : `${right}: ${name}`}).`,
      `Grant ${RIGHTS} on ${queueUrl}.`,
    );
  }
  const what = code ?? (status === null ? name : `${status} ${name}`);
  return {
    kind: 'away',
    found: `The SQS queue ${queueUrl} does not answer (${what}).`,
    remedy: 'Check that SQS is up and AWS_ENDPOINT_URL_SQS is right; until then Bosun finds work with its slow sweep.',
  };
}

function setting(found: string, remedy: string): SqsProblem {
  return { kind: 'setting', found, remedy };
}
