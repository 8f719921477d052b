import { openQueue } from '../../app/main/storage/open-queue.ts';
import type { Queue } from '../../app/queue/queue.ts';
import type { SqsPlace } from '../../app/queue/sqs/sqs-messages.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import type { ClaimLimits } from '../../app/store/stores.ts';
import { admitTasks, type AdmitPlan } from './admit-tasks.ts';
import { composeOrchestrator, type NullOrchestrator } from './compose-orchestrator.ts';

export interface OrchestratorPlan {
  readonly connection: PostgresConnection;
  readonly owner: string;
  readonly limits: ClaimLimits;
  readonly connections: number;
  /** The queue that wake-ups come through; the table unless told otherwise. */
  readonly sqs?: SqsPlace | null;
}

/** Takes hints for roles that are not measured, as a process of all roles does; nobody else would. */
async function swallowOthers(queue: Queue): Promise<void> {
  const { signal } = new AbortController();
  for (;;) {
    const receipts = await queue.receive({ kinds: ['inbox', 'report'], max: 100, signal });
    if (receipts.length === 0) {
      return;
    }
    await Promise.all(receipts.map((receipt) => receipt.acknowledge()));
  }
}

let running: (NullOrchestrator & { closeDatabase(): Promise<void> }) | null = null;
/** When each task was claimed, milliseconds since the epoch with fractions. */
const claimedAt = new Map<string, number>();

/** One process of the orchestrator role, which also admits what it is asked to. */
export const runOrchestrator = {
  async start(plan: OrchestratorPlan): Promise<void> {
    const database = await createPostgresDatabase({ connection: plan.connection, maxConnections: plan.connections });
    const { tasks } = createPostgresStores({ database });
    const log = { warn: (): void => undefined, error: (): void => undefined };
    const { queue, wake } = await openQueue(
      { sqs: plan.sqs ?? null },
      { database, nextWakeAt: () => tasks.nextWakeAt(), log },
    );
    if (plan.sqs) {
      void swallowOthers(queue);
    }
    const composed = await composeOrchestrator({
      ...plan,
      database,
      queue,
      wake,
      onStep: (step, taskId) => {
        if (step === 'claimed') {
          claimedAt.set(taskId, performance.timeOrigin + performance.now());
        }
      },
    });
    running = { ...composed, closeDatabase: () => database.close() };
  },
  async admit(plan: AdmitPlan): Promise<void> {
    if (running !== null) {
      await admitTasks(running.stores, plan);
    }
  },
  claimedAt: async (): Promise<ReadonlyMap<string, number>> => claimedAt,
  usage: async (): Promise<NodeJS.CpuUsage> => process.cpuUsage(),
  memory: async (): Promise<number> => {
    globalThis.gc?.();
    return process.memoryUsage().rss;
  },
  async stop(): Promise<void> {
    await running?.close();
    await running?.closeDatabase();
    running = null;
  },
};
