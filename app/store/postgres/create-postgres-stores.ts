import type { Database } from '../database.ts';
import type { Stores } from '../stores.ts';
import type { Wake } from '../wake-up.ts';
import type { LeaseClock } from './lease-clock.ts';
import { createAccessStore } from './access-store.ts';
import { createAttemptStore } from './attempts/attempt-store.ts';
import { createBudgetStore } from './budget-store.ts';
import { createNotifier } from './create-notifier.ts';
import { createChainStore } from './tasks/chain-store.ts';
import { createCheckStore } from './attempts/check-store.ts';
import { createEnvironmentStore } from './environment-store.ts';
import { createInboxStore } from './inbox-store.ts';
import { createKeyStore } from './key-store.ts';
import { createLessonStore } from './lesson-store.ts';
import { createOutboxStore } from './outbox-store.ts';
import { createRecoveryStore } from './processes/recovery-store.ts';
import { createReportStore } from './report-store.ts';
import { createServerPauseStore } from './server-pause-store.ts';
import { createQueueStatsStore } from './tasks/queue-stats-store.ts';
import { createQuoteStore } from './tasks/quote-store.ts';
import { createTaskListStore } from './tasks/task-list-store.ts';
import { createTaskStore } from './tasks/task-store.ts';
import { createWakingDatabase } from './waking-database.ts';
import { createWriteLockStore } from './processes/write-lock-store.ts';

export interface PostgresStoresOptions {
  readonly database: Database;
  /** Called after each commit with the rows that have to be looked at; NOTIFY to every process by default. */
  readonly wake?: Wake;
  readonly leaseClock?: LeaseClock;
}

/** The stores on PostgreSQL. The schema must be there: `migrate(database)`. */
export function createPostgresStores(options: PostgresStoresOptions): Stores {
  const clock = options.leaseClock ?? 'database';
  const database = createWakingDatabase(options.database, options.wake ?? createNotifier(options.database));
  return {
    inbox: createInboxStore(database, clock),
    tasks: createTaskStore(database, clock),
    attempts: createAttemptStore(database, clock),
    budgets: createBudgetStore(database),
    outbox: createOutboxStore(database, clock),
    reports: createReportStore(database, clock),
    keys: createKeyStore(database),
    queueStats: createQueueStatsStore(database),
    recovery: createRecoveryStore(database, clock),
    pause: createServerPauseStore(database),
    writeLocks: createWriteLockStore(database, clock),
    lessons: createLessonStore(database),
    quotes: createQuoteStore(database),
    environments: createEnvironmentStore(database),
    checks: createCheckStore(database, clock),
    chains: createChainStore(database),
    lists: createTaskListStore(database),
    access: createAccessStore(database),
  };
}
