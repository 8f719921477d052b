import { matchesFence } from '../../task/fence.ts';
import type { StatedEvent } from '../rules/task-facts.ts';
import { copyJson } from '../rules/to-json.ts';
import type { AttemptStore } from '../stores.ts';
import { attemptKey, readTask, type AttemptRecord, type MemoryState } from './memory-state.ts';
import { drawInMemory, settleInMemory, totalsInMemory } from './money-in-memory.ts';
import { appendEvents } from './tasks/write-change.ts';

export function createMemoryAttempts(state: MemoryState): AttemptStore {
  function open(ref: { taskId: string; epoch: number }): AttemptRecord | null {
    const record = state.attempts.get(attemptKey(ref));
    return record?.open ? record : null;
  }

  function change(record: AttemptRecord, facts: Partial<AttemptRecord['attempt']>): void {
    state.attempts.set(attemptKey(record.attempt), { ...record, attempt: { ...record.attempt, ...facts } });
  }

  /** Raises the task's revision, with events or without. */
  function tell(taskId: string, told: { events: readonly StatedEvent[]; at: Date }): void {
    const record = state.tasks.get(taskId);
    if (record !== undefined) {
      const task = { ...record.task, revision: record.task.revision + 1 };
      state.tasks.set(taskId, { ...record, task });
      appendEvents(state, task, told);
      state.notify({ kind: 'report', id: taskId });
    }
  }

  return {
    findByToken: async (tokenSha256) => {
      const work = state.byToken.get(tokenSha256);
      const check = state.byCheckToken.get(tokenSha256);
      const record = state.attempts.get(work ?? check ?? state.byPrepareToken.get(tokenSha256) ?? '');
      const task = state.tasks.get(record?.attempt.taskId ?? '');
      const other = check === undefined ? 'prepare' : 'check';
      const kind = work === undefined ? other : 'work';
      return record === undefined || task === undefined
        ? null
        : { kind, task: readTask(state, task), attempt: record.attempt, current: record.open };
    },
    find: async (ref) => state.attempts.get(attemptKey(ref))?.attempt ?? null,

    findWithTask: async (ref) => {
      const record = state.attempts.get(attemptKey(ref));
      const task = state.tasks.get(ref.taskId);
      return record === undefined || task === undefined
        ? null
        : { task: readTask(state, task), attempt: record.attempt };
    },

    heartbeat: async ({ now, ...ref }) => {
      const record = open(ref);
      if (record === null) {
        return { current: false, stop: null };
      }
      change(record, { heartbeatAt: later(record.attempt.heartbeatAt, now) });
      return { current: true, stop: state.tasks.get(ref.taskId)?.task.stop ?? null };
    },

    progress: async ({ now, progress, ...ref }) => {
      const record = open(ref);
      const stateNow = state.tasks.get(ref.taskId)?.task.state;
      if (record === null || stateNow === undefined) {
        return { current: false };
      }
      const { attempt } = record;
      change(record, {
        progress: copyJson(progress),
        progressAt: later(attempt.progressAt, now),
        heartbeatAt: later(attempt.heartbeatAt, now),
      });
      const news = attempt.progress?.phase !== progress.phase;
      const event: StatedEvent = { kind: 'task.progress', state: stateNow, data: { ...progress } };
      tell(ref.taskId, { events: news ? [event] : [], at: now });
      return { current: true };
    },

    finish: async ({ now, result, ...ref }) => {
      const record = open(ref);
      if (record === null) {
        return { current: false };
      }
      const { attempt } = record;
      change(record, {
        result: attempt.result ?? copyJson(result),
        progressAt: later(attempt.progressAt, now),
        heartbeatAt: later(attempt.heartbeatAt, now),
      });
      state.notify({ kind: 'task', id: ref.taskId });
      return { current: true };
    },

    finishPrepare: async ({ now, result, ...ref }) => {
      const record = open(ref);
      if (record === null || ![...state.byPrepareToken.values()].includes(attemptKey(ref))) {
        return { current: false };
      }
      const { attempt } = record;
      change(record, {
        prepareResult: attempt.prepareResult ?? copyJson(result),
        progressAt: later(attempt.progressAt, now),
        heartbeatAt: later(attempt.heartbeatAt, now),
      });
      state.notify({ kind: 'task', id: ref.taskId });
      return { current: true };
    },

    recordEnvironment: async ({ environment, fence, now, prepareTokenSha256 }) => {
      const key = attemptKey(fence);
      const record = state.attempts.get(key);
      const task = state.tasks.get(fence.taskId)?.task;
      if (record === undefined || record.attempt.endedAt !== null || task === undefined || !matchesFence(task, fence)) {
        return { current: false };
      }
      change(record, { environment: copyJson(environment) });
      for (const [token, holder] of state.byPrepareToken) {
        if (holder === key) {
          state.byPrepareToken.delete(token);
        }
      }
      if (prepareTokenSha256 !== null) {
        state.byPrepareToken.set(prepareTokenSha256, key);
      }
      tell(fence.taskId, { events: [], at: now });
      return { current: true };
    },

    warn: async ({ now, percent, ...ref }) => {
      const record = open(ref);
      const task = state.tasks.get(ref.taskId)?.task;
      if (record === null || task === undefined || record.warned.has(percent)) {
        return { first: false };
      }
      state.attempts.set(attemptKey(ref), { ...record, warned: new Set([...record.warned, percent]) });
      const event: StatedEvent = { kind: 'task.budget_warning', state: task.state, data: { percent } };
      tell(ref.taskId, { events: [event], at: now });
      return { first: true };
    },

    draw: async (request) => drawInMemory(state, request),
    settle: async (request) => settleInMemory(state, request),
    settleOrphans: async ({ olderThan, now }) => {
      const orphans = [...state.ledger.values()].filter((row) => row.costNano === null && row.drawnAt < olderThan);
      for (const { requestId, upperNano: costNano, usage } of orphans) {
        settleInMemory(state, { requestId, costNano, usage, now });
      }
      return orphans.length;
    },
    totals: async (taskId) => totalsInMemory(state, taskId),
  };
}

function later(known: Date | null, now: Date): Date {
  return known !== null && known > now ? known : now;
}
