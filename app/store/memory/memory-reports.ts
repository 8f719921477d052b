import { isTerminal } from '../../../protocol/index.ts';
import type { ReportStore } from '../stores.ts';
import { earliest } from './tasks/find-in-memory.ts';
import { readTask, type MemoryState, type TaskRecord } from './memory-state.ts';

export function createMemoryReports(state: MemoryState): ReportStore {
  function change(taskId: string, facts: Partial<TaskRecord['reported']>): void {
    const record = state.tasks.get(taskId);
    if (record !== undefined) {
      state.tasks.set(taskId, { ...record, reported: { ...record.reported, ...facts } });
    }
  }

  return {
    takeDirty: async ({ max, now, leaseMs }) => {
      const holdUntil = new Date(now.getTime() + leaseMs);
      const due = [...state.tasks.values()]
        .filter((record) => isDue(record, now))
        .toSorted(({ task: a }, { task: b }) => {
          const ended = Number(isTerminal(b.state)) - Number(isTerminal(a.state));
          return ended || (a.id < b.id ? -1 : 1);
        })
        .slice(0, max);
      due.forEach(({ task }) => change(task.id, { holdUntil }));
      return due.map((record) => readTask(state, record));
    },
    find: async (taskId, reporter) => state.reports.get(`${taskId}/${reporter}`) ?? null,
    save: async (report) => {
      state.reports.set(`${report.taskId}/${report.reporter}`, report);
    },
    settle: async (taskId, { revision, lookAgainAt }) => {
      const known = state.tasks.get(taskId)?.reported.revision ?? 0;
      change(taskId, { revision: Math.max(known, revision), lookAgainAt, holdUntil: null });
    },
    retryLater: async (taskId, at) => change(taskId, { holdUntil: at }),
    nextDueAt: async () => earliest([...state.tasks.values()].flatMap(dueTimes)),
  };
}

function isDirty(record: TaskRecord): boolean {
  return record.task.revision > record.reported.revision;
}

function isDue(record: TaskRecord, now: Date): boolean {
  const { holdUntil, lookAgainAt } = record.reported;
  return (isDirty(record) || (lookAgainAt !== null && lookAgainAt <= now)) && (holdUntil === null || holdUntil <= now);
}

function dueTimes(record: TaskRecord): Date[] {
  const { holdUntil, lookAgainAt } = record.reported;
  const times = isDirty(record) ? [holdUntil ?? record.task.createdAt] : [];
  if (lookAgainAt !== null) {
    times.push(holdUntil !== null && holdUntil > lookAgainAt ? holdUntil : lookAgainAt);
  }
  return times;
}
