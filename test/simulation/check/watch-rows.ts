import type { MemoryStores } from '../../../app/store/memory/create-memory-stores.ts';
import type { TaskRecord } from '../../../app/store/memory/memory-state.ts';
import { isLive } from '../../../app/store/rules/task-facts.ts';
import { mayMove } from '../../../app/task/transitions.ts';
import type { TaskState } from '../../../protocol/index.ts';
import type { TaskStore } from '../../../app/store/stores.ts';
import type { Fence } from '../../../app/task/fence.ts';
import { findBroken } from '../../support/invariants.ts';
import { snapshotOfMemory } from '../../support/store-snapshots.ts';
import { SERVER } from '../process/server-settings.ts';
import type { Sim } from '../engine/sim.ts';

type RaiseRequest = Parameters<TaskStore['raiseBudget']>[0];

/** Calls that write nothing that is watched. */
const READS =
  /^(?:find|events|list|position|counts|next|oldest|known|totals|takeDirty|take$|renew|settleOrphans$|save|scopes)/;

/** All rows are compared with each other after so many changes; what a change touched is looked at at once. */
const FULL_CHECK_EVERY = 40;

/** In the table; or a cancel that came while the task was on its way back to the queue, two steps in one. */
function mayFollow(before: TaskState, after: TaskState): boolean {
  const isCancelOnTheWay = mayMove(before, 'SUBMITTED') && after === 'CANCELLED';
  return before === after || mayMove(before, after) || isCancelOnTheWay;
}

/**
 * The stores with somebody looking over their shoulder: after every call, whatever changed is held against what must
 * hold between any two transactions. The watch has rules of its own and asks none of the stores'.
 */
export function watchRows(stores: MemoryStores, sim: Sim): MemoryStores {
  const { state } = stores;
  const seen = new Map<string, TaskRecord>();
  const raised = new Set<string>();
  let changes = 0;

  function check(method: string): void {
    for (const [id, record] of state.tasks) {
      const before = seen.get(id);
      if (before !== record) {
        seen.set(id, record);
        changes += 1;
        checkTask(before, record, method);
      }
    }
    checkCaps();
    if (method.startsWith('claim')) {
      checkSlots();
    }
    if (method === 'draw' || method === 'settle') {
      checkDrawn();
    }
    if (changes >= FULL_CHECK_EVERY) {
      checkAll();
    }
  }

  function checkTask(before: TaskRecord | undefined, { leaseNumber, task }: TaskRecord, method: string): void {
    sim.count('check of a change');
    const name = `${method} of task ${task.id}`;
    if (before !== undefined) {
      const was = before.task;
      if (was.state !== task.state) {
        sim.trace.say(`task ${task.id} ${was.state} -> ${task.state}${task.wait ? ` (${task.wait.reason})` : ''}`);
        sim.count(`to ${task.state}`);
      }
      expect('transitions', mayFollow(was.state, task.state), `${name}: ${was.state} -> ${task.state}`);
      expect(
        'epoch',
        task.epoch ===
          was.epoch + Number(method.startsWith('claim') && task.state === 'HYDRATING' && was.state === 'SUBMITTED'),
        `${name}: epoch ${was.epoch} -> ${task.epoch}`,
      );
      expect('lease', leaseNumber >= before.leaseNumber, `${name}: lease ${before.leaseNumber} -> ${leaseNumber}`);
    } else {
      sim.count('task');
      sim.trace.say(`task ${task.id} is made for ${task.repository.id}#${task.thread.number}`);
    }
    expect(
      'owner',
      isLive(task) === (task.lease !== null),
      `${name}: ${task.state} with lease ${JSON.stringify(task.lease)}`,
    );
    expect(
      'wait',
      (task.state === 'SUBMITTED') === (task.wait !== null),
      `${name}: ${task.state} with wait ${JSON.stringify(task.wait)}`,
    );
  }

  /** A write that names an owner who is no longer the owner must not have changed anything. */
  function checkFence(fence: Fence, before: TaskRecord | undefined, method: string): void {
    const held = { epoch: before?.task.epoch ?? 0, leaseNumber: before?.task.lease?.number ?? 0 };
    const isStale = held.epoch !== fence.epoch || held.leaseNumber !== fence.leaseNumber;
    expect(
      'fence',
      !isStale || state.tasks.get(fence.taskId) === before,
      `${method} under ${fence.epoch}/${fence.leaseNumber} changed task ${fence.taskId}, held under ${held.epoch}/${held.leaseNumber}`,
    );
  }

  /** The same key adds money once. Resolves with the check for after the call. */
  function noteRaise({ key, taskId }: RaiseRequest): () => void {
    const before = state.tasks.get(taskId)?.task.budgetNano;
    return () => {
      const isRaised = before !== state.tasks.get(taskId)?.task.budgetNano;
      expect('once', !isRaised || !raised.has(key), `task ${taskId} got the money of ${key} again`);
      if (isRaised) {
        raised.add(key);
      }
    };
  }

  /** Nobody takes a task from an owner whose lease holds. */
  function checkTakeover(before: ReadonlyMap<string, TaskRecord>, by: { owner: string; now: Date }): void {
    for (const [id, { leaseNumber, task }] of before) {
      const isTaken = (state.tasks.get(id)?.leaseNumber ?? 0) > leaseNumber;
      const holds = task.lease !== null && task.lease.owner !== by.owner && task.lease.until > by.now;
      expect(
        'lease',
        !(isTaken && holds),
        `${by.owner} took task ${id}, which ${task.lease?.owner} held until ${task.lease?.until.toISOString()}`,
      );
    }
  }

  function checkSlots(): void {
    const live = [...state.tasks.values()].map(({ task }) => task).filter(isLive);
    const most = (key: (task: (typeof live)[number]) => number): number =>
      Math.max(
        0,
        ...Map.groupBy(live, key)
          .values()
          .map((group) => group.length),
      );
    const { repository, server, user } = SERVER.limits.concurrency;
    expect('slots', live.length <= server, `${live.length} tasks run`);
    expect('slots', most((task) => task.repository.id) <= repository, 'too many tasks of one repository run');
    expect('slots', most((task) => task.requestedBy.id) <= user, 'too many tasks of one person run');
  }

  function checkDrawn(): void {
    for (const [key, { attempt }] of state.attempts) {
      const { budgetNano, endedAt, inflightNano, spentNano } = attempt;
      expect(
        'budget',
        endedAt !== null || spentNano + inflightNano <= budgetNano,
        `attempt ${key}: ${spentNano} spent + ${inflightNano} in flight of ${budgetNano}`,
      );
    }
  }

  function checkCaps(): void {
    for (const [key, scope] of state.scopes) {
      expect(
        'budget',
        scope.capNano === null || scope.reservedNano + scope.spentNano <= scope.capNano,
        `${key}: ${scope.reservedNano} reserved + ${scope.spentNano} spent of ${scope.capNano}`,
      );
    }
  }

  function checkAll(): void {
    changes = 0;
    sim.count('check of all rows');
    findBroken(snapshotOfMemory(state)).forEach((sentence) => sim.broke('rows', sentence));
  }

  function expect(invariant: string, holds: boolean, sentence: string): void {
    if (!holds) {
      sim.broke(invariant, sentence);
    }
  }

  function watched<T extends object>(store: T): T {
    return new Proxy(store, {
      get: (target, key) => {
        const method = Reflect.get(target, key) as (...given: unknown[]) => Promise<unknown>;
        if (READS.test(String(key))) {
          return method.bind(target);
        }
        return async (...given: unknown[]) => {
          const { fence } = (given[0] ?? {}) as { fence?: Fence };
          const before = fence === undefined ? undefined : state.tasks.get(fence.taskId);
          const budget = key === 'raiseBudget' ? noteRaise(given[0] as RaiseRequest) : null;
          const leases = key === 'adopt' ? new Map(state.tasks) : null;
          const answer = method.apply(target, given);
          budget?.();
          if (leases !== null) {
            checkTakeover(leases, given[0] as { owner: string; now: Date });
          }
          if (fence !== undefined) {
            checkFence(fence, before, String(key));
          }
          check(String(key));
          return answer;
        };
      },
    });
  }

  return {
    ...stores,
    inbox: watched(stores.inbox),
    tasks: watched(stores.tasks),
    attempts: watched(stores.attempts),
    outbox: watched(stores.outbox),
    reports: watched(stores.reports),
  };
}
