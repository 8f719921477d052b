import type { MemoryStores } from '../../../app/store/memory/create-memory-stores.ts';
import { attemptKey } from '../../../app/store/memory/memory-state.ts';
import type { Claimed } from '../../../app/store/stores.ts';
import type { Fence } from '../../../app/task/fence.ts';
import type { PlantedBug } from './planted-bug.ts';

function currentFence(stores: MemoryStores, fence: Fence): Fence {
  const task = stores.state.tasks.get(fence.taskId)?.task;
  return { taskId: fence.taskId, epoch: task?.epoch ?? 0, leaseNumber: task?.lease?.number ?? 0 };
}

/** The stores, with something done to every task that was claimed. */
function afterClaim(stores: MemoryStores, change: (claimed: Claimed) => void): MemoryStores {
  const { tasks } = stores;
  return {
    ...stores,
    tasks: {
      ...tasks,
      claim: async (by) => {
        const claimed = await tasks.claim(by);
        if (claimed !== null) {
          change(claimed);
        }
        return claimed;
      },
      claimUpTo: async (max, by) => {
        const claimed = await tasks.claimUpTo(max, by);
        claimed.forEach(change);
        return claimed;
      },
    },
  };
}

/** What can be wrong with rows: fences, leases, money, what counts as done. */
export const ROW_BUGS: readonly PlantedBug[] = [
  {
    name: 'a write does not ask for its fence',
    plant: {
      stores: (stores) => ({
        ...stores,
        tasks: {
          ...stores.tasks,
          move: (move) => stores.tasks.move({ ...move, fence: currentFence(stores, move.fence) }),
          record: (change) => stores.tasks.record({ ...change, fence: currentFence(stores, change.fence) }),
        },
      }),
    },
  },
  {
    name: 'a claim forgets to reserve',
    plant: {
      stores: (stores) =>
        afterClaim(stores, ({ attempt }) => {
          for (const key of stores.state.attempts.get(attemptKey(attempt))?.scopeKeys ?? []) {
            const scope = stores.state.scopes.get(key);
            if (scope !== undefined) {
              scope.reservedNano -= attempt.budgetNano;
            }
          }
        }),
    },
  },
  {
    name: 'a later claim does not raise the epoch',
    plant: {
      stores: (stores) =>
        afterClaim(stores, ({ task }) => {
          const record = stores.state.tasks.get(task.id);
          if (record !== undefined && task.epoch > 1) {
            stores.state.tasks.set(task.id, { ...record, task: { ...record.task, epoch: task.epoch - 1 } });
          }
        }),
    },
  },
  {
    name: 'a task is taken over before its lease has run out',
    plant: {
      stores: (stores) => ({
        ...stores,
        tasks: {
          ...stores.tasks,
          adopt: (by) => stores.tasks.adopt({ ...by, now: new Date(by.now.getTime() + 60_000) }),
        },
      }),
    },
  },
  {
    name: 'a second settlement of the same request counts too',
    plant: {
      stores: (stores) => ({
        ...stores,
        attempts: {
          ...stores.attempts,
          settle: async (request) => {
            const answer = await stores.attempts.settle(request);
            const row = stores.state.ledger.get(request.requestId);
            const record = row === undefined ? undefined : stores.state.attempts.get(attemptKey(row));
            if (!answer.settled && row !== undefined && record !== undefined) {
              const attempt = { ...record.attempt, spentNano: record.attempt.spentNano + request.costNano };
              stores.state.attempts.set(attemptKey(row), { ...record, attempt });
            }
            return answer;
          },
        },
      }),
    },
  },
  {
    name: 'a delivery is acknowledged and not written down',
    plant: {
      stores: (stores) => {
        let seen = 0;
        return {
          ...stores,
          inbox: {
            ...stores.inbox,
            record: async (delivery) => {
              seen += 1;
              return seen % 9 === 0 ? { recorded: true } : stores.inbox.record(delivery);
            },
          },
        };
      },
    },
  },
  {
    name: 'a delivery that should be put back is settled',
    plant: {
      stores: (stores) => ({
        ...stores,
        inbox: {
          ...stores.inbox,
          defer: (id, { note, until }) => stores.inbox.settle(id, { now: until, note }),
        },
      }),
    },
  },
  {
    name: 'a message is settled before it is sent',
    plant: {
      stores: (stores) => ({
        ...stores,
        outbox: {
          ...stores.outbox,
          take: async (options) => {
            const items = await stores.outbox.take(options);
            for (const { key } of items) {
              const { holder, now } = options;
              await stores.outbox.settle(key, { holder, now, externalId: null, note: 'taken' });
            }
            return items;
          },
        },
      }),
    },
  },
  {
    name: 'the hold of a report never ends',
    plant: {
      stores: (stores) => ({
        ...stores,
        reports: {
          ...stores.reports,
          takeDirty: (options) => stores.reports.takeDirty({ ...options, leaseMs: 86_400_000 * 365 }),
          renewHolds: async ({ taskIds }) => taskIds,
          takeBack: async () => 0,
        },
      }),
    },
  },
  {
    name: 'a command is known by its delivery and not by what was said',
    plant: {
      stores: (stores) => {
        let asked = 0;
        return {
          ...stores,
          inbox: { ...stores.inbox, claimCommand: async () => ({ mine: true }) },
          tasks: {
            ...stores.tasks,
            admit: (request) => {
              asked += 1;
              return stores.tasks.admit({ ...request, semanticKey: `${request.semanticKey} ${asked}` });
            },
          },
        };
      },
    },
  },
  {
    name: 'money is added each time a command is delivered',
    plant: {
      stores: (stores) => {
        let asked = 0;
        return {
          ...stores,
          inbox: { ...stores.inbox, claimCommand: async () => ({ mine: true }) },
          tasks: {
            ...stores.tasks,
            raiseBudget: (request) => {
              asked += 1;
              return stores.tasks.raiseBudget({ ...request, key: `${request.key} ${asked}` });
            },
          },
        };
      },
    },
  },
];
