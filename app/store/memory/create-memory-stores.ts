import { randomBytes } from 'node:crypto';

import type { KeyStore, Stores } from '../stores.ts';
import { createMemoryAccess } from './memory-access.ts';
import { createMemoryAttempts } from './memory-attempts.ts';
import { createMemoryBudgets } from './memory-budgets.ts';
import { createMemoryChains } from './memory-chains.ts';
import { createMemoryChecks } from './memory-checks.ts';
import { createMemoryEnvironments } from './memory-environments.ts';
import { createMemoryInbox } from './memory-inbox.ts';
import { createMemoryLessons } from './memory-lessons.ts';
import { createMemoryOutbox } from './memory-outbox.ts';
import { createMemoryQuotes } from './memory-quotes.ts';
import { createMemoryRecovery } from './memory-recovery.ts';
import { createMemoryReports } from './memory-reports.ts';
import { createMemoryServerPause } from './memory-server-pause.ts';
import { createMemoryQueueStats } from './memory-queue-stats.ts';
import { createMemoryState, type MemoryState } from './memory-state.ts';
import { createMemoryWriteLocks } from './memory-write-locks.ts';
import { createMemoryTaskLists } from './tasks/lists-in-memory.ts';
import { createMemoryTasks } from './tasks/memory-tasks.ts';
import type { WakeUp } from '../wake-up.ts';

export interface MemoryStoresOptions {
  /** Called synchronously for each row that has to be looked at; what PostgreSQL sends with NOTIFY. */
  readonly notify?: (wakeUp: WakeUp) => void;
  /** Makes the 32 bytes of a key; fixed in simulation. */
  readonly newKey?: () => Uint8Array;
}

export interface MemoryStores extends Stores {
  /** The rows, for checks of what must always hold. Not to be changed. */
  readonly state: MemoryState;
}

/** The stores in memory: the Action's, and the simulation's. Deterministic apart from `newKey`. */
export function createMemoryStores(options: MemoryStoresOptions = {}): MemoryStores {
  const state = createMemoryState(options.notify ?? (() => undefined));
  return {
    state,
    inbox: createMemoryInbox(state),
    tasks: createMemoryTasks(state),
    attempts: createMemoryAttempts(state),
    budgets: createMemoryBudgets(state),
    outbox: createMemoryOutbox(state),
    reports: createMemoryReports(state),
    keys: createMemoryKeys(state, options.newKey ?? (() => randomBytes(32))),
    queueStats: createMemoryQueueStats(state),
    recovery: createMemoryRecovery(),
    pause: createMemoryServerPause(state),
    writeLocks: createMemoryWriteLocks(),
    lessons: createMemoryLessons(),
    quotes: createMemoryQuotes(state),
    environments: createMemoryEnvironments(state),
    checks: createMemoryChecks(state),
    chains: createMemoryChains(state),
    lists: createMemoryTaskLists(state),
    access: createMemoryAccess(),
  };
}

function createMemoryKeys(state: MemoryState, newKey: () => Uint8Array): KeyStore {
  return {
    get: async (name) => {
      const key = state.keys.get(name) ?? newKey();
      state.keys.set(name, key);
      return key;
    },
    read: async (name) => state.facts.get(name) ?? null,
    write: async (name, value) => {
      state.facts.set(name, value);
    },
  };
}
