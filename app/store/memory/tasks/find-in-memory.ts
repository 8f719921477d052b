import { TASK_STATES, type TaskState } from '../../../../protocol/index.ts';
import { estimateWait } from '../../../budget/estimate-wait.ts';
import type { Task } from '../../../task/task.ts';
import { isEligible, isLive, isQueued } from '../../rules/task-facts.ts';
import type { QueuePosition, TaskStore } from '../../stores.ts';
import { readTask, unended, type MemoryState, type TaskRecord } from '../memory-state.ts';

type Readers = Pick<
  TaskStore,
  | 'find'
  | 'findActive'
  | 'findLatest'
  | 'findByPull'
  | 'findOpener'
  | 'countTriggered'
  | 'findByBranch'
  | 'list'
  | 'events'
  | 'position'
  | 'nextWakeAt'
  | 'oldestReady'
  | 'counts'
>;

const HISTORY = 20;

export function findInMemory(state: MemoryState): Readers {
  function all(): TaskRecord[] {
    return [...state.tasks.values()];
  }
  function read(record: TaskRecord | undefined): Task | null {
    return record === undefined ? null : readTask(state, record);
  }

  return {
    find: async (id) => read(state.tasks.get(id)),
    findActive: async (repositoryId, number) =>
      read(unended(state).find(({ task }) => task.repository.id === repositoryId && task.thread.number === number)),
    findLatest: async (repositoryId, number) =>
      read(all().findLast(({ task }) => task.repository.id === repositoryId && task.thread.number === number)),
    findByPull: async (repositoryId, number) =>
      read(all().findLast(({ task }) => task.repository.id === repositoryId && task.publication.pullNumber === number)),
    findByBranch: async (repositoryId, branches) =>
      read(
        all().findLast(
          ({ task }) =>
            task.repository.id === repositoryId &&
            task.thread.kind === 'issue' &&
            task.publication.pullNumber !== null &&
            branches.includes(task.branch),
        ),
      ),
    countTriggered: async ({ number, repositoryId, trigger }) =>
      all().filter(
        ({ task }) =>
          task.repository.id === repositoryId && task.thread.number === number && task.trigger.kind === trigger,
      ).length,
    findOpener: async (repositoryId, number) =>
      read(
        all().findLast(
          ({ task }) =>
            task.repository.id === repositoryId &&
            task.publication.pullNumber === number &&
            task.thread.number !== number,
        ),
      ),
    list: async ({ states, repositoryId, installationId, limit }) =>
      all()
        .filter(({ task }) => states === undefined || states.includes(task.state))
        .filter(({ task }) => repositoryId === undefined || task.repository.id === repositoryId)
        .filter(({ task }) => installationId === undefined || task.installationId === installationId)
        .toReversed()
        .slice(0, limit)
        .map((record) => readTask(state, record)),
    events: async (taskId, options) =>
      (state.events.get(taskId) ?? []).filter((event) => event.seq > (options?.afterSeq ?? 0)),

    position: async (taskId) => {
      const record = state.tasks.get(taskId);
      if (record === undefined || !isQueued(record.task)) {
        return null;
      }
      const here = unended(state).filter(({ task }) => task.repository.id === record.task.repository.id);
      const queued = here.filter(({ task }) => isQueued(task));
      const running = here.filter(({ task }) => isLive(task)).length;
      const position = queued.filter((other) => goesBefore(other, record)).length + 1;
      const durationsMs = durations(all(), record.task.repository.id);
      const etaMs = estimateWait({ position, running, durationsMs });
      return { position, waiting: queued.length, running, etaMs, block: blockOf(state, running) };
    },

    nextWakeAt: async () =>
      earliest(
        unended(state)
          .filter(({ task }) => task.state === 'SUBMITTED' && !isEligible(task))
          .flatMap(({ task }) => task.wait?.wakeAt ?? []),
      ),
    oldestReady: async () => {
      const running = unended(state).filter(({ task }) => isLive(task));
      if (running.length >= state.limits.server || state.pause.current !== null) {
        return null;
      }
      function hasRoom(task: Task): boolean {
        const here = running.filter((one) => one.task.repository.id === task.repository.id);
        return here.length < state.limits.repository;
      }
      const ready = unended(state).filter(({ task }) => isEligible(task) && hasRoom(task));
      return earliest(ready.flatMap(({ task }) => task.wait?.wakeAt ?? []));
    },
    counts: async () => {
      const counted = new Map<TaskState, number>();
      for (const { task } of all()) {
        counted.set(task.state, (counted.get(task.state) ?? 0) + 1);
      }
      const entries = TASK_STATES.map((name) => [name, counted.get(name) ?? 0]);
      return Object.fromEntries(entries) as Record<TaskState, number>;
    },
  };
}

function blockOf(state: MemoryState, runningHere: number): QueuePosition['block'] {
  const { current } = state.pause;
  if (current !== null) {
    return { scope: 'pause', by: current.by, note: current.note };
  }
  const { server, repository } = state.limits;
  if (unended(state).filter(({ task }) => isLive(task)).length >= server) {
    return { scope: 'server', limit: server };
  }
  return runningHere >= repository ? { scope: 'repository', limit: repository } : null;
}

function goesBefore(a: TaskRecord, b: TaskRecord): boolean {
  return a.task.priority > b.task.priority || (a.task.priority === b.task.priority && a.seq < b.seq);
}

function durations(records: readonly TaskRecord[], repositoryId: number): number[] {
  return records
    .filter(({ task }) => task.repository.id === repositoryId && task.finishedAt !== null && task.startedAt !== null)
    .toSorted((a, b) => endOf(b.task) - endOf(a.task) || b.seq - a.seq)
    .slice(0, HISTORY)
    .map(({ task }) => endOf(task) - (task.startedAt?.getTime() ?? 0));
}

function endOf(task: Task): number {
  return task.finishedAt?.getTime() ?? 0;
}

export function earliest(times: readonly Date[]): Date | null {
  return times.reduce<Date | null>((first, at) => (first === null || at < first ? at : first), null);
}
