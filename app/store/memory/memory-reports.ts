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

  function lookAgain(taskId: string, now: Date): void {
    const lookAgainAt = state.tasks.get(taskId)?.reported.lookAgainAt ?? now;
    change(taskId, { lookAgainAt: lookAgainAt < now ? lookAgainAt : now });
  }

  function heldBy(holder: string): TaskRecord[] {
    return [...state.tasks.values()].filter((record) => record.reported.holder === holder);
  }

  function isHeld(taskId: string, holder: string): boolean {
    return state.tasks.get(taskId)?.reported.holder === holder;
  }

  return {
    takeDirty: async ({ holder, max, now, leaseMs }) => {
      const holdUntil = new Date(now.getTime() + leaseMs);
      const due = [...state.tasks.values()]
        .filter((record) => isDue(record, now))
        .toSorted(({ task: a }, { task: b }) => {
          const ended = Number(isTerminal(b.state)) - Number(isTerminal(a.state));
          return ended || (a.id < b.id ? -1 : 1);
        })
        .slice(0, max);
      due.forEach(({ task }) => change(task.id, { holdUntil, holder, lookAsked: false }));
      return due.map((record) => readTask(state, record));
    },
    find: async (taskId, reporter) => state.reports.get(`${taskId}/${reporter}`) ?? null,
    renewHolds: async ({ holder, taskIds, now, leaseMs }) => {
      const holdUntil = new Date(now.getTime() + leaseMs);
      const held = taskIds.filter((id) => isHeld(id, holder));
      held.forEach((id) => change(id, { holdUntil }));
      return held;
    },
    showAgain: async (taskId, now) => {
      for (const reporter of ['comment', 'check_run', 'earlier_comment', 'result'] as const) {
        const report = state.reports.get(`${taskId}/${reporter}`);
        if (report !== undefined) {
          state.reports.set(`${taskId}/${reporter}`, { ...report, deliveredHash: null });
        }
      }
      lookAgain(taskId, now);
    },
    lookAgain: async (taskId, now) => {
      lookAgain(taskId, now);
      change(taskId, { lookAsked: true });
      state.notify({ kind: 'report', id: taskId });
    },
    takeBack: async (holder) => {
      const left = heldBy(holder);
      left.forEach(({ task }) => change(task.id, { holdUntil: null, holder: null }));
      return left.length;
    },
    findEarlierComment: async (task) => {
      const thread = [...state.tasks.values()]
        .map((record) => record.task)
        .filter(
          ({ repository, thread: { number } }) => repository.id === task.repository.id && number === task.thread.number,
        );
      const before = thread.slice(
        0,
        Math.max(
          0,
          thread.findIndex(({ id }) => id === task.id),
        ),
      );
      const comments = before.map(({ id }) => ({
        taskId: id,
        commentId: Number.parseInt(state.reports.get(`${id}/comment`)?.externalId ?? '', 10),
      }));
      return comments.findLast(({ commentId }) => !Number.isNaN(commentId)) ?? null;
    },
    save: async (report, { holder }) => {
      const held = isHeld(report.taskId, holder);
      if (held) {
        state.reports.set(`${report.taskId}/${report.reporter}`, report);
      }
      return { held };
    },
    settle: async (taskId, { holder, revision, lookAgainAt }) => {
      const held = isHeld(taskId, holder);
      if (held) {
        const known = state.tasks.get(taskId)?.reported;
        const asked = known?.lookAsked === true ? [known.lookAgainAt] : [];
        change(taskId, {
          revision: Math.max(known?.revision ?? 0, revision),
          lookAgainAt: earliest([lookAgainAt, ...asked].filter((at) => at !== null)),
          holdUntil: null,
          holder: null,
        });
      }
      return { held };
    },
    retryLater: async (taskId, { holder, at }) => {
      const held = isHeld(taskId, holder);
      if (held) {
        change(taskId, { holdUntil: at, holder: null });
      }
      return { held };
    },
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
