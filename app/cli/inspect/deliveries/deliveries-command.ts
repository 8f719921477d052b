import { parseServerConfig, readEnv } from '../../../config/server-config.ts';
import { listDeadLetters, redriveDeadLetters, type DeadLetter } from '../../../queue/sqs/dead-letters.ts';
import { encodeHint } from '../../../queue/sqs/message.ts';
import type { DeliveryFacts, Stores } from '../../../store/stores.ts';
import type { CliCommand, FlagValues } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Output } from '../../output.ts';
import { withStores } from '../with-stores.ts';
import { openDeadLetters, type DeadLetterQueue } from './open-dead-letters.ts';
import { renderDeadLetters, renderDeliveries } from './render-deliveries.ts';

const DEFAULT_LIMIT = 30;
const MOST = 1_000;

/** `bosun deliveries`: what GitHub sent, what was given up, and putting it back. */
export const deliveriesCommand: CliCommand = {
  name: 'deliveries',
  summary: 'List deliveries, and requeue those that failed for good',
  positional: [],
  flags: {
    dead: { type: 'boolean', description: 'only failed ones: parked deliveries and dead-letter messages' },
    redrive: { type: 'string', value: 'ID', description: 'requeue the one with this id, or `all` failed ones' },
    limit: { type: 'string', value: 'N', description: `at most N of each (default ${DEFAULT_LIMIT})` },
    json: { type: 'boolean', description: 'print one JSON document' },
  },
  examples: ['bosun deliveries', 'bosun deliveries --dead', 'bosun deliveries --redrive all'],
  async run({ flags, output }) {
    const limit = Number(flags['limit'] ?? DEFAULT_LIMIT);
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
      output.problem(
        `--limit takes a whole number from 1 to ${MOST}, found "${String(flags['limit'])}"`,
        'Example: bosun deliveries --limit 50',
      );
      return EXIT.usage;
    }
    if (flags['redrive'] === '') {
      output.problem('--redrive takes an id or `all`', 'See the ids with `bosun deliveries --dead`.');
      return EXIT.usage;
    }
    return withStores(output, (stores) => act(stores, { flags, limit, output }));
  },
};

interface Call {
  readonly flags: FlagValues;
  readonly limit: number;
  readonly output: Output;
}

async function act(stores: Stores, call: Call): Promise<number> {
  const { flags, limit, output } = call;
  if (flags['dead'] !== true && flags['redrive'] === undefined) {
    const deliveries = await stores.inbox.list({ state: null, limit });
    if (output.json) {
      output.document({ deliveries: deliveries.map(deliveryDocument) });
    } else {
      output.result(deliveries.length === 0 ? 'No deliveries yet.' : renderDeliveries(deliveries, output));
    }
    return EXIT.done;
  }
  // `withStores` has refused settings that are wrong.
  const parsed = parseServerConfig(readEnv());
  const sqs = await openDeadLetters(parsed.ok ? parsed.config.storage.sqs : null);
  try {
    return flags['redrive'] === undefined
      ? await showDead(stores, sqs, call)
      : await redrive(stores, sqs, { ...call, wanted: String(flags['redrive']) });
  } finally {
    sqs?.queue.close();
  }
}

async function showDead(stores: Stores, sqs: DeadLetterQueue | null, { limit, output }: Call): Promise<number> {
  const parked = await stores.inbox.list({ state: 'parked', limit });
  const letters = sqs?.deadLetters ? await listDeadLetters(sqs.deadLetters, limit) : [];
  if (output.json) {
    output.document({ deliveries: parked.map(deliveryDocument), messages: letters.map(letterDocument) });
    return EXIT.done;
  }
  const parts = [
    ...(parked.length > 0 ? [renderDeliveries(parked, output)] : []),
    ...(letters.length > 0 ? [renderDeadLetters(letters, output)] : []),
  ];
  output.result(parts.length === 0 ? 'No failed deliveries.' : parts.join('\n\n'));
  if (parts.length > 0) {
    output.progress('Requeue with `bosun deliveries --redrive ID`, or `--redrive all`.');
  }
  if (sqs !== null && sqs.deadLetters === null) {
    output.progress('The queue of SQS_QUEUE_URL has no dead-letter queue; `bosun doctor` shows how to set one.');
  }
  return EXIT.done;
}

async function redrive(
  stores: Stores,
  sqs: DeadLetterQueue | null,
  { wanted, output }: Call & { wanted: string },
): Promise<number> {
  const id = wanted === 'all' ? null : wanted;
  const deliveries = await stores.inbox.unpark({ id, max: MOST });
  const messages = sqs?.deadLetters
    ? await redriveDeadLetters(sqs.deadLetters, { queue: sqs.queue, id, max: MOST })
    : [];
  if (deliveries.length > 0 && sqs !== null) {
    // Where the notice of the database does not arrive; routers find it with their sweep otherwise.
    await sqs.queue.send([encodeHint({ wakeUp: { kind: 'inbox', id: '*' }, hops: 0 }, crypto.randomUUID())]);
  }
  const count = deliveries.length + messages.length;
  if (output.json) {
    output.document({ redriven: { deliveries, messages } });
  } else if (count > 0 || id === null) {
    output.result(`Requeued: ${deliveries.length} deliveries, ${messages.length} messages.`);
  }
  if (id !== null && count === 0) {
    output.problem(
      `nothing with the id ${JSON.stringify(id)} can be requeued`,
      'List what can be requeued with `bosun deliveries --dead`.',
    );
    return EXIT.failed;
  }
  return EXIT.done;
}

function deliveryDocument(delivery: DeliveryFacts): object {
  return {
    id: delivery.id,
    event: delivery.event,
    state: delivery.state,
    takes: delivery.takes,
    received_at: delivery.receivedAt.toISOString(),
    note: delivery.note,
  };
}

function letterDocument(letter: DeadLetter): object {
  const { id, reason, body, readable } = letter;
  return { id, reason, body, redrivable: readable, sent_at: letter.sentAt?.toISOString() ?? null };
}
