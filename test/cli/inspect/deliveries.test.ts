import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { deliveriesCommand } from '../../../app/cli/inspect/deliveries/deliveries-command.ts';
import type { FlagValues } from '../../../app/cli/command.ts';
import { createSqsMessages } from '../../../app/queue/sqs/sqs-messages.ts';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import { withDatabase } from '../../support/database.ts';
import { withSqs, type LentQueue } from '../../support/sqs.ts';
import { recordOutput } from '../record-output.ts';

const db = withDatabase();
const sqs = withSqs();
const AT = new Date('2026-11-21T10:00:00Z');
let lent: LentQueue;

beforeEach(async () => {
  lent = await sqs.create();
  const { connection } = db;
  const url =
    'url' in connection
      ? connection.url
      : `postgres://${connection.user}@localhost:${connection.port}/${connection.database}?host=${encodeURIComponent(connection.socketDirectory)}`;
  vi.stubEnv('DATABASE_URL', url);
  vi.stubEnv('SQS_QUEUE_URL', lent.place.queueUrl);
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', lent.place.endpointUrl);
  await db.database.query({ text: 'truncate inbox' });
  const { inbox } = createPostgresStores({ database: db.database });
  for (const id of ['routed', 'parked']) {
    await inbox.record({ id, event: 'issue_comment', body: Buffer.from('{}'), receivedAt: AT });
  }
  await inbox.settle('routed', { now: AT, note: 'queued' });
  await inbox.park('parked', { now: AT, error: 'no such \u001B[31mthing' });
  await bury('{"kind":"task","id":"t1"}');
});
afterEach(() => vi.unstubAllEnvs());

async function bury(body: string): Promise<void> {
  await sqs.client.send(new SendMessageCommand({ QueueUrl: lent.deadLetters?.queueUrl, MessageBody: body }));
}

async function run(flags: FlagValues): Promise<{ code: number; stdout: string; stderr: string }> {
  const recorded = recordOutput(flags['json'] === true ? { json: true } : {});
  const code = await deliveriesCommand.run({ args: [], flags, output: recorded.output });
  return { code, stdout: recorded.stdout(), stderr: recorded.stderr() };
}

async function document(flags: FlagValues): Promise<Record<string, any>> {
  return JSON.parse((await run({ ...flags, json: true })).stdout) as Record<string, any>;
}

test('lists what came and what became of it', async () => {
  const { code, stdout } = await run({});
  expect([code, stdout]).toEqual([
    0,
    expect.stringContaining('routed    issue_comment  settled  2026-11-21 10:00  queued'),
  ]);
  expect(stdout).not.toContain('\u001B');
});

test('lists what was given up, here and at the queue, and leaves it there', async () => {
  for (const _round of [1, 2]) {
    const { deliveries, messages } = await document({ dead: true });
    expect(deliveries).toMatchObject([{ id: 'parked', state: 'parked' }]);
    expect(messages).toMatchObject([{ reason: 'received too often', redrivable: true }]);
  }
  expect((await run({ dead: true })).stdout).toContain('received too often');
}, 30_000);

test('puts everything back but what nobody can read', async () => {
  await bury('junk');
  const { redriven } = await document({ redrive: 'all' });
  expect(redriven.deliveries).toEqual(['parked']);
  expect(redriven.messages).toHaveLength(1);
  const { deliveries, messages } = await document({ dead: true });
  expect([deliveries, messages]).toMatchObject([[], [{ body: 'junk', redrivable: false }]]);
  const queue = createSqsMessages(lent.place);
  const back = await queue.receive({ max: 10, waitSeconds: 0, hiddenSeconds: 0 });
  expect(back.map(({ body }) => JSON.parse(body) as unknown)).toEqual(
    expect.arrayContaining([
      { kind: 'task', id: 't1' },
      { kind: 'inbox', id: '*' },
    ]),
  );
  queue.close();
}, 30_000);

test('unparks one by its id, and reports when there is none', async () => {
  const { messages } = await document({ dead: true });
  expect((await run({ redrive: messages[0].id })).stdout).toBe('Requeued: 0 deliveries, 1 messages.\n');
  const none = await run({ redrive: 'nothing-like-it' });
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('nothing with the id "nothing-like-it"')]);
  expect((await run({ limit: '0' })).code).toBe(2);
}, 30_000);
