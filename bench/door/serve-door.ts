import { createHash } from 'node:crypto';
import path from 'node:path';
import { PRICES } from '../../app/budget/prices.ts';
import { createDoor } from '../../app/door/create-door.ts';
import { anthropicMessages } from '../../app/door/model/anthropic/anthropic-messages.ts';
import { systemClock } from '../../app/main/system.ts';
import { createMemoryArtifacts } from '../../app/store/artifacts/memory-artifacts.ts';
import type { Database } from '../../app/store/database.ts';
import { startEmbeddedPostgres } from '../../app/store/embedded/start-embedded-postgres.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import { migrate } from '../../app/store/postgres/migrate.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import type { Stores } from '../../app/store/stores.ts';
import { makeTask } from '../frame/bench-task.ts';

export interface DoorPlan {
  readonly directory: string;
  readonly modelPort: number;
  readonly token: string;
}

export interface DoorPlace {
  readonly url: string;
  readonly socketPath: string;
}

const SILENT = { info: (): void => undefined, warn: (): void => undefined, error: (): void => undefined };
const LIMITS = {
  concurrency: { repository: 1, user: 1, server: 1 },
  budgets: { timeZone: 'UTC', serverDayNano: null, repositoryDayNano: null, repositoryMonthNano: null },
};
const closers: (() => Promise<void>)[] = [];

/** The door on PostgreSQL with fsync on, and one attempt under way: every request is paid for as in earnest. */
export const serveDoor = {
  async start({ directory, modelPort, token }: DoorPlan): Promise<DoorPlace> {
    const { attempts, checks } = await openStores(directory, token);
    const door = createDoor({
      stores: { attempts, checks },
      artifacts: createMemoryArtifacts(),
      git: { handle: async () => ({ status: 404, headers: {}, body: Buffer.alloc(0) }) },
      provider: {
        dialect: anthropicMessages,
        baseUrl: `http://127.0.0.1:${modelPort}`,
        apiKey: 'the-key',
        authStyle: 'x-api-key',
        prices: PRICES,
      },
      clock: systemClock,
      log: SILENT,
      limits: { modelRequestsPerMinute: 1_000_000, requestsPerMinute: 1_000_000 },
    });
    closers.push(() => door.close());
    const socketPath = path.join(directory, 'door.sock');
    await door.listen({ socketPath });
    const loopback = await door.listen({ host: '127.0.0.1', port: 0 });
    return { socketPath, url: 'url' in loopback ? loopback.url : '' };
  },

  async stop(): Promise<void> {
    for (const close of closers.toReversed()) {
      await close();
    }
  },
};

async function openStores(directory: string, token: string): Promise<Stores> {
  const embedded = await startEmbeddedPostgres({ dataDir: directory, log: SILENT });
  closers.push(() => embedded.stop());
  const database: Database = await createPostgresDatabase({ connection: embedded.connection, maxConnections: 16 });
  closers.push(() => database.close());
  await migrate(database);
  const stores = createPostgresStores({ database });
  const now = new Date();
  await stores.tasks.admit({
    task: makeTask(now, { repository: 1, thread: 1, budgetNano: 100_000 * 1_000_000_000 }),
    semanticKey: 'bench',
    now,
    rate: { perUserPerHour: 9 },
    outbox: [],
  });
  const claimed = await stores.tasks.claim({ owner: 'bench', now, leaseMs: 3_600_000, limits: LIMITS });
  if (claimed === null) {
    throw new Error('The task of the bench was not claimed.');
  }
  const fence = { taskId: claimed.task.id, epoch: claimed.attempt.epoch, leaseNumber: claimed.task.lease?.number ?? 0 };
  const sha = 'a'.repeat(40);
  const tokenSha256 = createHash('sha256').update(token).digest('hex');
  await stores.tasks.record({
    fence,
    now,
    patch: {},
    attempt: { tokenSha256, startSha: sha, gateBaseSha: sha, outsiders: [] },
  });
  return stores;
}
