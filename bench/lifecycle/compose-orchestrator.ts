import { ORCHESTRATOR_TIMES } from '../../app/main/orchestrator-times.ts';
import { systemClock } from '../../app/main/system.ts';
import { createOrchestrator, type Orchestrator } from '../../app/orchestrator/orchestrator.ts';
import { createTableQueue } from '../../app/queue/table-queue.ts';
import type { Queue } from '../../app/queue/queue.ts';
import type { Database } from '../../app/store/database.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import type { ClaimLimits, Stores } from '../../app/store/stores.ts';
import type { Wake } from '../../app/store/wake-up.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import { createMetrics } from '../../app/telemetry/metrics.ts';
import { createNullCompute, nullGit, nullHydrator, nullPublisher } from './null-parts.ts';

export interface NullOrchestrator {
  readonly orchestrator: Orchestrator;
  readonly stores: Stores;
  close(): Promise<void>;
}

export interface Composition {
  readonly database: Database;
  readonly owner: string;
  readonly limits: ClaimLimits;
  readonly queue?: Queue;
  /** How the stores tell of rows that want looking at; NOTIFY unless told otherwise. */
  readonly wake?: Wake;
  readonly onStep?: (step: string, taskId: string) => void;
}

/** The orchestrator as `bosun start` composes it, with nothing around it that takes time of its own. */
export async function composeOrchestrator(composition: Composition): Promise<NullOrchestrator> {
  const { database, limits, owner } = composition;
  const { wake } = composition;
  const stores = createPostgresStores({ database, ...(wake === undefined ? {} : { wake }) });
  const queue =
    composition.queue ??
    createTableQueue({ database, clock: systemClock, nextWakeAt: () => stores.tasks.nextWakeAt() });
  let made = 0;
  const orchestrator = createOrchestrator({
    stores,
    queue,
    artifacts: { put: async () => undefined, get: async () => null, remove: async () => undefined },
    compute: createNullCompute(stores.attempts),
    git: nullGit,
    hydrator: nullHydrator,
    publisher: nullPublisher,
    clock: systemClock,
    log: createLogger({ level: 'error', redact: (text) => text, destination: process.stderr }),
    metrics: createMetrics({ now: systemClock.now, readFacts: async () => Promise.reject(new Error('not asked')) }),
    owner,
    limits: () => limits,
    worker: { memoryBytes: 0, processes: 0, fileBytes: 0, outputBytes: 0, diskBytes: 0 },
    cacheBytes: 0,
    registries: [],
    times: ORCHESTRATOR_TIMES,
    newToken: () => {
      made += 1;
      return `${owner}-${process.pid}-${Date.now()}-${made}`;
    },
    random: Math.random,
    ...(composition.onStep === undefined ? {} : { onStep: composition.onStep }),
  });
  await orchestrator.start();
  return {
    orchestrator,
    stores,
    async close() {
      await orchestrator.stop();
      await queue.close();
    },
  };
}
