import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';

import { systemClock } from '../../app/main/system.ts';
import { ORCHESTRATOR_TIMES } from '../../app/main/orchestrator-times.ts';
import { createOrchestrator } from '../../app/orchestrator/orchestrator.ts';
import { createSqsMessages, type SqsMessages } from '../../app/queue/sqs/sqs-messages.ts';
import { createSqsQueue } from '../../app/queue/sqs/sqs-queue.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import type { Stores } from '../../app/store/stores.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import { createMetrics } from '../../app/telemetry/metrics.ts';
import { createNullCompute, nullGit, nullHydrator, nullPublisher } from '../../bench/lifecycle/null-parts.ts';
import { limits, sampleTask } from '../contract/stores/store-harness.ts';
import { withDatabase } from '../support/database.ts';
import { withSqs, type LentQueue } from '../support/sqs.ts';

const sqs = withSqs();
const db = withDatabase();
const TASKS = 20;
const POLL = { timeout: 30_000, interval: 50 };
const STORY = ['task.submitted', 'task.claimed', 'task.hydrated', 'task.started', 'task.session_ended', 'task.ended'];

/** What a network may do to messages. */
type Fate = (messages: SqsMessages) => SqsMessages;
const dropped: Fate = (messages) => ({ ...messages, send: async (sent) => sent.map(() => null) });
const doubled: Fate = (messages) => ({
  ...messages,
  send: async (sent) => {
    await messages.send(sent.map((message) => ({ ...message, dedupId: `${message.dedupId}-2` })));
    return messages.send(sent);
  },
});
const kept: Fate = (messages) => messages;

/** A database behind a pooler that takes LISTEN and delivers nothing. */
function withoutNotices() {
  return {
    query: db.database.query.bind(db.database),
    listen: async () => ({ stop: async () => undefined }),
  };
}

interface Process {
  readonly stores: Stores;
  stop(): Promise<void>;
}

/** An orchestrator as `bosun start` composes it with SQS_QUEUE_URL, on a worker that is done at once. */
async function startProcess(lent: LentQueue, plan: { owner: string; fate: Fate; sweepMs: number }): Promise<Process> {
  const queue = createSqsQueue({
    messages: plan.fate(createSqsMessages(lent.place)),
    deadLetters: null,
    database: withoutNotices(),
    clock: systemClock,
    nextWakeAt: () => stores.tasks.nextWakeAt(),
    sweepMs: plan.sweepMs,
    log: { warn: () => undefined, error: () => undefined },
  });
  const stores = createPostgresStores({ database: db.database, wake: (wakeUp) => queue.announce(wakeUp) });
  const orchestrator = createOrchestrator({
    stores,
    queue,
    artifacts: { put: async () => undefined, get: async () => null, remove: async () => undefined },
    compute: createNullCompute(stores.attempts),
    git: nullGit,
    hydrator: nullHydrator,
    publisher: nullPublisher,
    clock: systemClock,
    log: createLogger({ level: 'silent', redact: (text) => text }),
    metrics: createMetrics({ now: systemClock.now, readFacts: async () => Promise.reject(new Error('not asked')) }),
    owner: plan.owner,
    limits: () => limits(),
    worker: { memoryBytes: 0, processes: 0, fileBytes: 0, outputBytes: 0, diskBytes: 0 },
    cacheBytes: 0,
    registries: [],
    times: ORCHESTRATOR_TIMES,
    newToken: randomUUID,
    random: Math.random,
  });
  await orchestrator.start();
  return {
    stores,
    async stop() {
      await orchestrator.stop();
      await queue.close();
    },
  };
}

async function play(fate: Fate, options: { sweepMs: number; first: number; fifo?: boolean }): Promise<void> {
  const lent = await sqs.create({ fifo: options.fifo ?? false });
  const processes = await Promise.all(
    ['one', 'two'].map((owner) => startProcess(lent, { owner, fate, sweepMs: options.sweepMs })),
  );
  const stores = processes[0]?.stores ?? expect.unreachable();
  const ids = Array.from({ length: TASKS }, (_, index) => `01SQS${options.first + index}`);
  await Promise.all(
    ids.map((id, index) =>
      stores.tasks.admit({
        task: sampleTask(id, { number: options.first + index, repository: 1 + (index % 4) }),
        semanticKey: id,
        now: new Date(),
        rate: { perUserPerHour: 10_000 },
        outbox: [],
      }),
    ),
  );
  const isEnded = async (id: string) => (await stores.tasks.find(id))?.finishedAt instanceof Date;
  await expect
    .poll(async () => (await Promise.all(ids.map(isEnded))).filter((ended) => ended).length, POLL)
    .toBe(TASKS);
  const stories = await Promise.all(ids.map(async (id) => (await stores.tasks.events(id)).map(({ kind }) => kind)));
  // What it was that ran is not the point: each went through every step, and through none twice.
  expect(stories).toEqual(ids.map(() => STORY));
  await Promise.all(processes.map((process) => process.stop()));
}

const NO_SWEEP_MS = 600_000;

test('with every message lost, the sweep finds all work and each task runs once', async () => {
  await play(dropped, { sweepMs: 1_000, first: 1_000 });
}, 60_000);

test('with every message doubled, each task runs once', async () => {
  await play(doubled, { sweepMs: NO_SWEEP_MS, first: 2_000 });
}, 60_000);

test('messages alone, without notices and sweep, are enough', async () => {
  await play(kept, { sweepMs: NO_SWEEP_MS, first: 3_000 });
}, 60_000);

test('messages of a FIFO queue alone are enough', async () => {
  await play(kept, { sweepMs: NO_SWEEP_MS, first: 4_000, fifo: true });
}, 60_000);
