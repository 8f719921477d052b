import { isTerminal } from '../../protocol/index.ts';
import type { ReportContext } from '../../app/report/report-context.ts';
import type { Held, NewOutboxItem, OutboxItem, ReportState } from '../../app/store/stores.ts';
import type { Task } from '../../app/task/task.ts';

type Stores = ReportContext['stores'];

interface TaskRow {
  task: Task;
  reportedRevision: number;
  hiddenUntil: Date | null;
  holder: string | null;
  lookAgainAt: Date | null;
}

interface OutboxRow {
  item: NewOutboxItem;
  createdAt: Date;
  tries: number;
  sentAt: Date | null;
  hiddenUntil: Date | null;
  settled: { externalId: string | null; note: string } | null;
}

/**
 * The rows reporters read and write, and nothing else: a test says what a task looks like instead of playing it there.
 * `put` is the orchestrator's hand.
 */
export function createReportRows() {
  const tasks = new Map<string, TaskRow>();
  const states = new Map<string, ReportState>();
  const outbox = new Map<string, OutboxRow>();
  let failing: Error | null = null;

  function ready(): void {
    if (failing) {
      throw failing;
    }
  }

  async function change(taskId: string, by: { holder: string; facts: Partial<TaskRow> }): Promise<Held> {
    const row = tasks.get(taskId);
    const held = row?.holder === by.holder;
    if (held) {
      Object.assign(row, by.facts, { holder: null });
    }
    return { held };
  }

  const stores: Stores = {
    tasks: {
      find: (id: string) => Promise.resolve(tasks.get(id)?.task ?? null),
      events: () => Promise.resolve([]),
      position: () => Promise.resolve({ position: 1, waiting: 1, running: 0, etaMs: null }),
    } as unknown as Stores['tasks'],
    attempts: {
      find: () => Promise.resolve(null),
      totals: () => Promise.resolve([]),
    } as unknown as Stores['attempts'],
    checks: { list: async () => [] } as unknown as ReportContext['stores']['checks'],
    chains: { findOf: async () => null } as unknown as ReportContext['stores']['chains'],
    keys: {
      get: () => Promise.resolve(new Uint8Array(32).fill(3)),
      read: () => Promise.resolve(null),
      write: () => Promise.resolve(),
    },
    reports: {
      async takeDirty({ holder, max, now, leaseMs }) {
        ready();
        const due = [...tasks.values()].filter(
          ({ task, reportedRevision, hiddenUntil, lookAgainAt }) =>
            (hiddenUntil === null || hiddenUntil <= now) &&
            (task.revision > reportedRevision || (lookAgainAt !== null && lookAgainAt <= now)),
        );
        due.sort((one, other) => Number(isTerminal(other.task.state)) - Number(isTerminal(one.task.state)));
        for (const row of due.slice(0, max)) {
          Object.assign(row, { hiddenUntil: new Date(now.getTime() + leaseMs), holder });
        }
        return due.slice(0, max).map(({ task }) => task);
      },
      find: (taskId, reporter) => Promise.resolve(states.get(`${taskId}:${reporter}`) ?? null),
      findEarlierComment(task) {
        const thread = [...tasks.values()].map((row) => row.task);
        const before = thread.slice(
          0,
          thread.findIndex(({ id }) => id === task.id),
        );
        const comments = before
          .filter((other) => other.thread.number === task.thread.number)
          .map(({ id }) => ({
            taskId: id,
            commentId: Number.parseInt(states.get(`${id}:comment`)?.externalId ?? '', 10),
          }));
        return Promise.resolve(comments.findLast(({ commentId }) => !Number.isNaN(commentId)) ?? null);
      },
      renewHolds: ({ holder, taskIds }) => Promise.resolve(taskIds.filter((id) => tasks.get(id)?.holder === holder)),
      showAgain: () => Promise.resolve(),
      lookAgain: () => Promise.resolve(),
      takeBack: () => Promise.resolve(0),
      async save(state, { holder }) {
        const held = tasks.get(state.taskId)?.holder === holder;
        if (held) {
          states.set(`${state.taskId}:${state.reporter}`, state);
        }
        return { held };
      },
      settle: (taskId, { holder, revision, lookAgainAt }) =>
        change(taskId, { holder, facts: { reportedRevision: revision, lookAgainAt, hiddenUntil: null } }),
      retryLater: (taskId, { holder, at }) => change(taskId, { holder, facts: { hiddenUntil: at } }),
      async nextDueAt() {
        const times = [...tasks.values()].flatMap(({ task, reportedRevision, hiddenUntil, lookAgainAt }) =>
          task.revision > reportedRevision ? [hiddenUntil ?? new Date(0)] : (lookAgainAt ?? []),
        );
        return times.length > 0 ? new Date(Math.min(...times.map((at) => at.getTime()))) : null;
      },
    },
    outbox: {
      async add(items, now) {
        for (const item of items) {
          if (!outbox.has(item.key)) {
            outbox.set(item.key, { item, createdAt: now, tries: 0, sentAt: null, hiddenUntil: null, settled: null });
          }
        }
      },
      async take({ max, now, leaseMs }) {
        ready();
        const due = [...outbox.values()].filter(
          ({ settled, hiddenUntil }) => !settled && (hiddenUntil === null || hiddenUntil <= now),
        );
        return due.slice(0, max).map((row): OutboxItem => {
          row.hiddenUntil = new Date(now.getTime() + leaseMs);
          row.tries += 1;
          return { ...row.item, createdAt: row.createdAt, sentAt: row.sentAt, tries: row.tries - 1 };
        });
      },
      async sending(key, { now }) {
        const row = outbox.get(key);
        if (row) {
          row.sentAt = now;
        }
        return { held: row !== undefined };
      },
      async settle(key, { externalId, note }) {
        const row = outbox.get(key);
        if (row) {
          row.settled = { externalId, note };
        }
        return { held: row !== undefined };
      },
      async retryLater(key, { at }) {
        const row = outbox.get(key);
        if (row) {
          row.hiddenUntil = at;
        }
        return { held: row !== undefined };
      },
      extend: () => Promise.resolve({ held: true }),
      takeBack: () => Promise.resolve(0),
      nextDueAt: () => Promise.resolve(null),
    },
  };

  return {
    stores,
    put(task: Task): void {
      const known = tasks.get(task.id);
      const row = known ?? { reportedRevision: 0, hiddenUntil: null, holder: null, lookAgainAt: null };
      tasks.set(task.id, { ...row, task: { ...task, revision: (known?.task.revision ?? 0) + 1 } });
    },
    row: (taskId: string) => tasks.get(taskId),
    state: (taskId: string, reporter: ReportState['reporter']) => states.get(`${taskId}:${reporter}`),
    message: (key: string) => outbox.get(key),
    /** The database is away until `fail(null)`. */
    fail(error: Error | null): void {
      failing = error;
    },
  };
}
