import type { TaskStore } from '../../stores.ts';
import { admitTask } from './admit-task.ts';
import { claimTasks } from '../claims/claim-tasks.ts';
import * as find from './find-tasks.ts';
import type { WakingDatabase } from '../waking-database.ts';
import { createLimitKeeper } from '../claims/keep-limits.ts';
import { adoptTasks, findStaleness, renewLeases } from '../claims/leases.ts';
import { leaseTime, type LeaseClock } from '../lease-clock.ts';
import { moveTask, recordFacts } from './move-task.ts';
import { raiseBudget } from './raise-budget.ts';
import { requestStop } from './stop-task.ts';
import { nextWakeAt, resumeTask, wakeDue } from './wake-waiting.ts';

export function createTaskStore(database: WakingDatabase, leaseClock: LeaseClock): TaskStore {
  const onLeaseClock = <Options extends { readonly now: Date }>(options: Options) => ({
    ...options,
    leaseNow: leaseTime(leaseClock, options.now),
  });
  const keepLimit = createLimitKeeper(database);
  return {
    admit: (request) => admitTask(database, onLeaseClock(request)),
    find: (id) => find.findTask(database, id),
    findActive: (repositoryId, number) => find.findActive(database, { repositoryId, number }),
    findLatest: (repositoryId, number) => find.findLatest(database, { repositoryId, number }),
    findByPull: (repositoryId, number) => find.findByPull(database, { repositoryId, number }),
    findByBranch: (repositoryId, branches) => find.findByBranch(database, { repositoryId, branches }),
    countTriggered: (thread) => find.countTriggered(database, thread),
    findOpener: (repositoryId, number) => find.findOpener(database, { repositoryId, number }),
    list: (filter) => find.listTasks(database, filter),
    events: (taskId, options) => find.listEvents(database, taskId, options?.afterSeq ?? 0),
    position: (taskId) => find.findPosition(database, taskId),
    claim: async (by) => {
      await keepLimit(by.limits.concurrency.repository);
      return (await claimTasks(database, onLeaseClock(by), 1))[0] ?? null;
    },
    claimUpTo: async (max, by) => {
      await keepLimit(by.limits.concurrency.repository);
      return claimTasks(database, onLeaseClock(by), max);
    },
    renew: (options) => renewLeases(database, onLeaseClock(options)),
    adopt: (options) => adoptTasks(database, onLeaseClock(options)),
    move: (move) => moveTask(database, move),
    record: (change) => recordFacts(database, change),
    requestStop: (request) => requestStop(database, request),
    resume: (request) => resumeTask(database, request),
    raiseBudget: (request) => raiseBudget(database, request),
    wakeDue: (now) => wakeDue(database, now),
    nextWakeAt: () => nextWakeAt(database),
    staleness: (options) => findStaleness(database, onLeaseClock(options)),
    oldestReady: () => find.findOldestReady(database),
    counts: () => find.countTasks(database),
  };
}
