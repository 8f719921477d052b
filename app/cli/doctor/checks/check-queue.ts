import { probeSqs } from '../../../queue/sqs/probe-sqs.ts';
import { fail, ok, skip, warn, type Check, type Examined } from '../check.ts';

const NAME = 'queue';
/** A message handled within a minute comes no second time; more often than this says that its work keeps failing. */
const FEWEST_RECEIVES = 3;

/** Tries what Bosun does with the queue of SQS_QUEUE_URL, and looks whether what fails ends among dead letters. */
export async function checkQueue({ config, broken }: Examined): Promise<Check> {
  if (broken.includes('SQS_QUEUE_URL') || broken.includes('AWS_ENDPOINT_URL_SQS')) {
    return skip(NAME, 'not checked:  SQS_QUEUE_URL or AWS_ENDPOINT_URL_SQS is wrong');
  }
  const { sqs } = config.storage;
  if (sqs === null) {
    return ok(NAME, 'wake-ups go through the database');
  }
  const probe = await probeSqs(sqs);
  if (!probe.ok) {
    return fail(NAME, probe.problem.found, probe.problem.remedy);
  }
  if (probe.redrive === null) {
    return warn(
      NAME,
      `the queue ${sqs.queueUrl} can be used, and has no dead-letter queue`,
      'Make one and set it: aws sqs set-queue-attributes --queue-url "$SQS_QUEUE_URL" --attributes ' +
        `'{"RedrivePolicy":"{\\"deadLetterTargetArn\\":\\"ARN\\",\\"maxReceiveCount\\":\\"5\\"}"}'`,
    );
  }
  if (probe.redrive.maxReceives < FEWEST_RECEIVES) {
    return warn(
      NAME,
      `messages of ${sqs.queueUrl} become dead letters after ${probe.redrive.maxReceives} receives, which a few restarts can reach`,
      'Set maxReceiveCount of its redrive policy to 5.',
    );
  }
  return ok(
    NAME,
    `${sqs.queueUrl} can be sent to, received from and cleared; dead letters after ${probe.redrive.maxReceives} receives`,
  );
}
