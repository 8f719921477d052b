import { ORCHESTRATOR_TIMES } from '../../app/main/orchestrator-times.ts';
import { systemClock } from '../../app/main/system.ts';
import { createOrchestrator, type Orchestrator } from '../../app/orchestrator/orchestrator.ts';
import { createTableQueue } from '../../app/queue/table-queue.ts';
import type { ClaimLimits } from '../../app/store/stores.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import { createMetrics } from '../../app/telemetry/metrics.ts';
import { createNullCompute, nullGit, nullHydrator, nullPublisher } from './null-parts.ts';

export interface OrchestratorPlan {
  readonly connection: PostgresConnection;
  readonly owner: string;
  readonly limits: ClaimLimits;
  readonly connections: number;
}

let running: { orchestrator: Orchestrator; close(): Promise<void> } | null = null;

/** The orchestrator as `bosun start` composes it, with nothing around it that takes time of its own. */
export const runOrchestrator = {
  async start(plan: OrchestratorPlan): Promise<void> {
    const database = await createPostgresDatabase({ connection: plan.connection, maxConnections: plan.connections });
    const stores = createPostgresStores({ database });
    const queue = createTableQueue({ database, clock: systemClock, nextWakeAt: () => stores.tasks.nextWakeAt() });
    let made = 0;
    const orchestrator = createOrchestrator({
      stores,
      queue,
      artifacts: { put: async () => undefined },
      compute: createNullCompute(stores.attempts),
      git: nullGit,
      hydrator: nullHydrator,
      publisher: nullPublisher,
      clock: systemClock,
      log: createLogger({ level: 'error', redact: (text) => text, destination: process.stderr }),
      metrics: createMetrics({ now: systemClock.now, readFacts: async () => Promise.reject(new Error('not asked')) }),
      owner: plan.owner,
      limits: () => plan.limits,
      worker: { memoryBytes: 0, processes: 0, fileBytes: 0, outputBytes: 0 },
      times: ORCHESTRATOR_TIMES,
      newToken: () => `${plan.owner}-${(made += 1)}-${Math.random()}`,
      random: Math.random,
    });
    await orchestrator.start();
    running = {
      orchestrator,
      async close() {
        await orchestrator.stop();
        await queue.close();
        await database.close();
      },
    };
  },
  usage: async (): Promise<NodeJS.CpuUsage> => process.cpuUsage(),
  memory: async (): Promise<number> => process.memoryUsage().rss,
  async stop(): Promise<void> {
    await running?.close();
    running = null;
  },
};
