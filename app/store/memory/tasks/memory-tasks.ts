import type { Task } from '../../../task/task.ts';
import { decideMove, decideRecord } from '../../rules/decide-move.ts';
import { decideStop } from '../../rules/decide-stop.ts';
import { decideDue, decideResume } from '../../rules/decide-waking.ts';
import { isEligible, isLive, slotScopesOf } from '../../rules/task-facts.ts';
import type { Fence } from '../../../task/fence.ts';
import type { AttemptFacts, Claimed, TaskStore } from '../../stores.ts';
import { admitInMemory } from './admit-in-memory.ts';
import { claimInMemory } from './claim-in-memory.ts';
import { findInMemory } from './find-in-memory.ts';
import { attemptKey, liveAttempt, readTask, unended, type MemoryState, type TaskRecord } from '../memory-state.ts';
import { raiseInMemory } from './raise-in-memory.ts';
import { appendEvents, wakeBlocked, writeChange } from './write-change.ts';

export function createMemoryTasks(state: MemoryState): TaskStore {
  function found(id: string): TaskRecord | null {
    return state.tasks.get(id) ?? null;
  }

  function known(id: string): TaskRecord {
    const record = found(id);
    if (record === null) {
      throw new Error(`there is no task ${id}`);
    }
    return record;
  }

  return {
    ...findInMemory(state),
    admit: async (request) => admitInMemory(state, request),
    claim: async (by) => claimInMemory(state, by),
    claimUpTo: async (max, by) => {
      const claimed: Claimed[] = [];
      for (let next = claimInMemory(state, by); next !== null; next = claimInMemory(state, by)) {
        claimed.push(next);
        if (claimed.length === max) {
          break;
        }
      }
      return claimed;
    },
    raiseBudget: async (request) => raiseInMemory(state, known(request.taskId), request),

    renew: async ({ owner, holding, now, leaseMs }) => {
      const until = new Date(now.getTime() + leaseMs);
      const held = unended(state).filter(({ task }) => task.lease?.owner === owner && holding.includes(task.id));
      return held.map((record) => renewOne(state, record, until));
    },

    adopt: async ({ owner, now, leaseMs, max, holding = [], own = 'when run out' }) => {
      const isOwn = (task: Task): boolean => own === 'at once' && task.lease?.owner === owner;
      const lost = unended(state)
        .filter(({ task }) => task.lease !== null && !holding.includes(task.id))
        .filter(({ task }) => task.lease !== null && (task.lease.until <= now || isOwn(task)))
        .toSorted((a, b) => leaseEnd(a.task) - leaseEnd(b.task) || (a.task.id < b.task.id ? -1 : 1))
        .slice(0, max);
      const until = new Date(now.getTime() + leaseMs);
      return lost.toSorted((a, b) => a.seq - b.seq).map((record) => adoptOne(state, record, { owner, until, now }));
    },

    staleness: async ({ now, heartbeatStaleMs }) => {
      const live = unended(state).filter(({ task }) => task.lease !== null);
      const silentBefore = now.getTime() - heartbeatStaleMs;
      const stale = live.filter(({ task }) => leaseEnd(task) <= now.getTime() || lastBeat(state, task) <= silentBefore);
      return { live: live.length, stale: stale.length };
    },

    move: async (move) => {
      const record = found(move.fence.taskId);
      const change = record === null ? null : decideMove(readTask(state, record), move);
      if (record === null || change === null) {
        return { moved: false, current: record === null ? null : readTask(state, record) };
      }
      const { sessionEnd } = move;
      return {
        moved: true,
        task: writeChange(state, record, { change, at: move.now, ...(sessionEnd && { sessionEnd }) }),
      };
    },

    record: async (change) => {
      const record = found(change.fence.taskId);
      const next = record === null ? null : decideRecord(readTask(state, record), change);
      if (record === null || next === null) {
        return { moved: false, current: record === null ? null : readTask(state, record) };
      }
      if (change.attempt !== undefined) {
        learnOfAttempt(state, change.fence, change.attempt);
      }
      const events = change.event === undefined ? [] : [{ ...change.event, state: next.state }];
      return { moved: true, task: writeChange(state, record, { change: { next, events }, at: change.now }) };
    },

    requestStop: async (request) => {
      const record = known(request.taskId);
      const { done, change } = decideStop(readTask(state, record), request);
      if (change === null) {
        return { done, task: readTask(state, record) };
      }
      const task = writeChange(state, record, { change, at: request.now });
      if (isEligible(record.task)) {
        wakeBlocked(state, { slots: slotScopesOf(task), scopeKeys: [], now: request.now });
      }
      return { done, task };
    },

    resume: async (request) => {
      const record = found(request.taskId);
      const change = record === null ? null : decideResume(readTask(state, record), request);
      return record === null || change === null ? null : writeChange(state, record, { change, at: request.now });
    },

    wakeDue: async (now) => {
      const due = unended(state)
        .filter(({ task }) => !isLive(task))
        .flatMap((record) => {
          const change = decideDue(record.task, now);
          return change === null ? [] : [{ record, change }];
        });
      for (const { record, change } of due) {
        writeChange(state, record, { change, at: now });
      }
      return due.length;
    },
  };
}

function leaseEnd(task: Task): number {
  return task.lease?.until.getTime() ?? 0;
}

/** The last heartbeat of its worker; heartbeats are expected only in RUNNING. */
function lastBeat(state: MemoryState, task: Task): number {
  const attempt = task.state === 'RUNNING' ? liveAttempt(state, task)?.attempt : undefined;
  return (attempt?.heartbeatAt ?? attempt?.startedAt)?.getTime() ?? Infinity;
}

function learnOfAttempt(state: MemoryState, ref: Fence, facts: AttemptFacts): void {
  const key = attemptKey(ref);
  const record = state.attempts.get(key);
  if (record !== undefined && record.attempt.endedAt === null) {
    state.attempts.set(key, { ...record, attempt: { ...record.attempt, ...facts } });
    state.byToken.set(facts.tokenSha256, key);
  }
}

function renewOne(state: MemoryState, record: TaskRecord, until: Date): Fence {
  const { task } = record;
  if (task.lease !== null && task.lease.until < until) {
    state.tasks.set(task.id, { ...record, task: { ...task, lease: { ...task.lease, until } } });
  }
  return { taskId: task.id, epoch: task.epoch, leaseNumber: record.leaseNumber };
}

function adoptOne(state: MemoryState, record: TaskRecord, by: { owner: string; until: Date; now: Date }): Task {
  const leaseNumber = record.leaseNumber + 1;
  const lease = { owner: by.owner, number: leaseNumber, until: by.until };
  const task: Task = { ...record.task, lease, revision: record.task.revision + 1 };
  const adopted = { ...record, task, leaseNumber };
  state.tasks.set(task.id, adopted);
  const data = { owner: record.task.lease?.owner ?? null };
  appendEvents(state, task, { events: [{ kind: 'task.lease_lost', state: task.state, data }], at: by.now });
  state.notify({ kind: 'report', id: task.id });
  return readTask(state, adopted);
}
