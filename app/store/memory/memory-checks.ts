import type { CheckRun } from '../../task/checks/check.ts';
import type { CheckRow } from '../../task/checks/decide-checks.ts';
import type { NewEvent } from '../../task/events.ts';
import { matchesFence, type Fence } from '../../task/fence.ts';
import { BASE_RUN_MS, type CheckStore } from '../checks.ts';
import { copyJson } from '../rules/to-json.ts';
import { attemptKey, type AttemptRecord, type MemoryState } from './memory-state.ts';
import { appendEvents } from './tasks/write-change.ts';

interface BaseRun {
  readonly repositoryId: number;
  readonly run: CheckRun;
  readonly madeAt: Date;
}

export function createMemoryChecks(state: MemoryState): CheckStore {
  const known = new Map<string, BaseRun>();

  function change(record: AttemptRecord, facts: Partial<AttemptRecord['attempt']>): void {
    state.attempts.set(attemptKey(record.attempt), { ...record, attempt: { ...record.attempt, ...facts } });
  }

  /** The attempt of the open check session, as the door sees it. */
  function openSession(ref: { taskId: string; epoch: number }): AttemptRecord | null {
    const record = state.attempts.get(attemptKey(ref));
    return record?.open === true && [...state.byCheckToken.values()].includes(attemptKey(ref)) ? record : null;
  }

  function keep(ref: { taskId: string; epoch: number }, rows: readonly CheckRow[]): void {
    const before = state.checkRuns.get(attemptKey(ref)) ?? [];
    const added = rows.filter((row) => !before.some((other) => isSameRun(other, row)));
    state.checkRuns.set(attemptKey(ref), [...before, ...added.map(copyJson)]);
  }

  function tell(taskId: string, told: { events: readonly NewEvent[]; at: Date }): void {
    const record = state.tasks.get(taskId);
    if (record !== undefined) {
      const task = { ...record.task, revision: record.task.revision + 1 };
      state.tasks.set(taskId, { ...record, task });
      const events = told.events.map((event) => ({ data: {}, ...event, state: task.state }));
      appendEvents(state, task, { events, at: told.at });
      state.notify({ kind: 'report', id: taskId });
    }
  }

  /** Takes every token away, and puts the facts in place; false for a fence that holds no more. */
  function replace(
    { fence, now }: { fence: Fence; now: Date },
    facts: Partial<AttemptRecord['attempt']>,
  ): { current: boolean } {
    const key = attemptKey(fence);
    const record = state.attempts.get(key);
    const task = state.tasks.get(fence.taskId)?.task;
    if (record?.open !== true || task === undefined || !matchesFence(task, fence)) {
      return { current: false };
    }
    for (const tokens of [state.byCheckToken, state.byToken]) {
      for (const [token, holder] of tokens) {
        if (holder === key) {
          tokens.delete(token);
        }
      }
    }
    change(record, { tokenSha256: null, checkedResult: null, ...copyJson(facts) });
    tell(fence.taskId, { events: [], at: now });
    return { current: true };
  }

  return {
    open: async ({ session, tokenSha256, ...by }) => {
      const replaced = replace(by, { checkSession: session });
      if (replaced.current) {
        state.byCheckToken.set(tokenSha256, attemptKey(by.fence));
      }
      return replaced;
    },

    close: async ({ results, ...by }) => replace(by, { checkSession: null, checkResults: results }),

    report: async ({ event, now, row, ...ref }) => {
      const record = openSession(ref);
      if (record === null) {
        return { current: false };
      }
      change(record, {
        progressAt: later(record.attempt.progressAt, now),
        heartbeatAt: later(record.attempt.heartbeatAt, now),
      });
      keep(ref, row === null ? [] : [row]);
      tell(ref.taskId, { events: [event], at: now });
      return { current: true };
    },

    finish: async ({ now, result, ...ref }) => {
      const record = openSession(ref);
      if (record === null) {
        return { current: false };
      }
      const { attempt } = record;
      change(record, {
        checkedResult: attempt.checkedResult ?? copyJson(result),
        progressAt: later(attempt.progressAt, now),
        heartbeatAt: later(attempt.heartbeatAt, now),
      });
      state.notify({ kind: 'task', id: ref.taskId });
      return { current: true };
    },

    record: async ({ events, fence, now, rows }) => {
      const task = state.tasks.get(fence.taskId)?.task;
      if (task === undefined || !matchesFence(task, fence)) {
        return { current: false };
      }
      keep(fence, rows);
      tell(fence.taskId, { events, at: now });
      return { current: true };
    },

    list: async (ref) => state.checkRuns.get(attemptKey(ref)) ?? [],

    findBase: async (keys) =>
      new Map(
        keys.flatMap((key) => {
          const found = known.get(key);
          return found === undefined ? [] : [[key, found.run] as const];
        }),
      ),

    keepBase: async ({ now, repositoryId, runs }) => {
      for (const [key, one] of known) {
        if (one.repositoryId === repositoryId && one.madeAt.getTime() < now.getTime() - BASE_RUN_MS) {
          known.delete(key);
        }
      }
      for (const [key, run] of runs) {
        known.set(key, { repositoryId, run: copyJson(run), madeAt: now });
      }
    },
  };
}

function isSameRun(one: CheckRow, other: CheckRow): boolean {
  return one.name === other.name && one.try === other.try && one.run.commit === other.run.commit;
}

function later(known: Date | null, now: Date): Date {
  return known !== null && known > now ? known : now;
}
