import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
  type BatchResultErrorEntry,
} from '@aws-sdk/client-sqs';

export interface SqsPlace {
  readonly queueUrl: string;
  /** Another endpoint than Amazon's; null for Amazon SQS. */
  readonly endpointUrl: string | null;
  /** How often one request is tried; 3 unless told. */
  readonly maxAttempts?: number;
}

/** What happened to one entry of a batch: null when it was done. */
export type EntryOutcome = { readonly code: string; readonly message: string; readonly mayRetry: boolean } | null;

export interface OutgoingMessage {
  readonly body: string;
  /** For FIFO queues; left out for others. */
  readonly groupId: string;
  readonly dedupId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface IncomingMessage {
  readonly messageId: string;
  readonly body: string;
  readonly receipt: string;
  /** How often it was received, this time included. */
  readonly receives: number;
  readonly sentAt: Date | null;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Where messages go that were received too often. */
export interface Redrive {
  readonly deadLetterArn: string;
  readonly maxReceives: number;
}

/**
 * One queue, as few calls as we need of it. A call rejects with the SDK's error when the whole request failed; what
 * became of each entry of a batch (at most 10) is the value.
 */
export interface SqsMessages {
  readonly place: Pick<SqsPlace, 'queueUrl' | 'endpointUrl'>;
  send(messages: readonly OutgoingMessage[]): Promise<EntryOutcome[]>;
  /** Waits up to `waitSeconds` (20 at most) for a message; what it gives is hidden from others for `hiddenSeconds`. */
  receive(request: {
    max: number;
    waitSeconds: number;
    hiddenSeconds: number;
    signal?: AbortSignal;
  }): Promise<IncomingMessage[]>;
  /** Hides received messages for so long from now on; 0 gives them to whoever asks next. */
  hide(receipts: readonly string[], seconds: number): Promise<EntryOutcome[]>;
  remove(receipts: readonly string[]): Promise<EntryOutcome[]>;
  /** The redrive policy of the queue, null when it has none. */
  readRedrive(): Promise<Redrive | null>;
  /** The queue with this ARN, by the same client. */
  find(arn: string): Promise<SqsMessages>;
  close(): void;
}

/** A request that waits 20 s for a message is silent for as long. */
const SOCKET_TIMEOUT_MS = 30_000;
const CONNECTION_TIMEOUT_MS = 5_000;

/** Credentials and region come from where the SDK looks for them: environment, profile, role of the machine. */
export function createSqsMessages(place: SqsPlace): SqsMessages {
  const client = new SQSClient({
    maxAttempts: place.maxAttempts ?? 3,
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: SOCKET_TIMEOUT_MS },
    ...(place.endpointUrl === null ? {} : { endpoint: place.endpointUrl }),
  });
  return messagesOf(client, place);
}

function messagesOf(client: SQSClient, place: SqsMessages['place']): SqsMessages {
  const { queueUrl } = place;
  const queue = { QueueUrl: queueUrl };
  const isFifo = queueUrl.endsWith('.fifo');
  return {
    place,
    async send(messages) {
      const Entries = messages.map((message, index) => ({
        Id: String(index),
        MessageBody: message.body,
        MessageAttributes: Object.fromEntries(
          Object.entries(message.attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
        ),
        ...(isFifo ? { MessageGroupId: message.groupId, MessageDeduplicationId: message.dedupId } : {}),
      }));
      const answer = await client.send(new SendMessageBatchCommand({ ...queue, Entries }));
      return outcomes(messages.length, answer.Failed);
    },
    async receive({ max, waitSeconds, hiddenSeconds, signal }) {
      const request = new ReceiveMessageCommand({
        ...queue,
        MaxNumberOfMessages: max,
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: hiddenSeconds,
        MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
        MessageAttributeNames: ['All'],
      });
      const { Messages = [] } = await client.send(request, signal === undefined ? {} : { abortSignal: signal });
      return Messages.map((message) => ({
        messageId: message.MessageId ?? '',
        body: message.Body ?? '',
        receipt: message.ReceiptHandle ?? '',
        receives: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
        sentAt: message.Attributes?.SentTimestamp ? new Date(Number(message.Attributes.SentTimestamp)) : null,
        attributes: Object.fromEntries(
          Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, value.StringValue ?? '']),
        ),
      }));
    },
    async hide(receipts, seconds) {
      const Entries = receipts.map((ReceiptHandle, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: seconds,
      }));
      const answer = await client.send(new ChangeMessageVisibilityBatchCommand({ ...queue, Entries }));
      return outcomes(receipts.length, answer.Failed);
    },
    async remove(receipts) {
      const Entries = receipts.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
      const answer = await client.send(new DeleteMessageBatchCommand({ ...queue, Entries }));
      return outcomes(receipts.length, answer.Failed);
    },
    async readRedrive() {
      const answer = await client.send(new GetQueueAttributesCommand({ ...queue, AttributeNames: ['RedrivePolicy'] }));
      return parseRedrive(answer.Attributes?.RedrivePolicy);
    },
    async find(arn) {
      const [owner, name] = arn.split(':').slice(4);
      const answer = await client.send(new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: owner }));
      return messagesOf(client, { ...place, queueUrl: answer.QueueUrl ?? '' });
    },
    close: () => client.destroy(),
  };
}

function outcomes(count: number, failed: readonly BatchResultErrorEntry[] = []): EntryOutcome[] {
  const byId = new Map(failed.map((entry) => [entry.Id, entry]));
  return Array.from({ length: count }, (_, index) => {
    const entry = byId.get(String(index));
    return entry === undefined
      ? null
      : { code: entry.Code ?? 'unknown', message: entry.Message ?? '', mayRetry: entry.SenderFault !== true };
  });
}

function parseRedrive(json: string | undefined): Redrive | null {
  if (json === undefined || json === '') {
    return null;
  }
  const policy = JSON.parse(json) as { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown };
  return typeof policy.deadLetterTargetArn === 'string'
    ? { deadLetterArn: policy.deadLetterTargetArn, maxReceives: Number(policy.maxReceiveCount) }
    : null;
}
