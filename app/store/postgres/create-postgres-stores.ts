import type { Database } from '../database.ts';
import type { Stores } from '../stores.ts';
import { createAttemptStore } from './attempts/attempt-store.ts';
import { createBudgetStore } from './budget-store.ts';
import { createInboxStore } from './inbox-store.ts';
import { createKeyStore } from './key-store.ts';
import { createOutboxStore } from './outbox-store.ts';
import { createReportStore } from './report-store.ts';
import { createTaskStore } from './tasks/task-store.ts';
import { createWriterTurns } from './writer-turns.ts';

/** The stores on PostgreSQL. The schema must be there: `migrate(database)`. */
export function createPostgresStores(options: { readonly database: Database }): Stores {
  const { database } = options;
  return {
    inbox: createInboxStore(database),
    tasks: createTaskStore(database),
    attempts: createAttemptStore(database),
    budgets: createBudgetStore(database),
    outbox: createOutboxStore(database),
    reports: createReportStore(database),
    keys: createKeyStore(database),
    turns: createWriterTurns(database),
  };
}
