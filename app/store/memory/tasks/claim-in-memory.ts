import { decideLimits } from '../../../budget/decide-limits.ts';
import { lowerLimits } from '../../../budget/lower-limits.ts';
import { scopeKey, type ScopeState } from '../../../budget/scopes.ts';
import type { Attempt } from '../../../task/attempt.ts';
import type { Task } from '../../../task/task.ts';
import { decidePark } from '../../rules/decide-park.ts';
import { isEligible, isLive, neededNano, slotFactsOf, slotScopesOf } from '../../rules/task-facts.ts';
import type { Claimed, Claimer } from '../../stores.ts';
import { scopesInMemory } from '../memory-budgets.ts';
import { attemptKey, unended, type MemoryState, type TaskRecord } from '../memory-state.ts';
import { wakeUpsOf } from '../../wake-up.ts';
import { appendEvents, wakeBlocked, writeChange } from './write-change.ts';

/** The next task, round robin, that no limit stops; those that a limit stops leave the queue on the way. */
export function claimInMemory(state: MemoryState, by: Claimer): Claimed | null {
  const { concurrency } = by.limits;
  state.limits.server = concurrency.server;
  state.limits.repository = concurrency.repository;
  if (state.pause.current !== null) {
    return null;
  }
  for (;;) {
    const running = unended(state).filter(({ task }) => isLive(task));
    if (running.length >= concurrency.server) {
      return null;
    }
    const head = findHead(state, { running, limit: concurrency.repository });
    if (head === null) {
      return null;
    }
    const { task } = head;
    const scopes = scopesInMemory(state, {
      repositoryId: task.repository.id,
      now: by.now,
      limits: lowerLimits(by.limits.budgets, task.settings.limits ?? null),
    });
    const repositoryRunning = running.filter((one) => one.task.repository.id === task.repository.id).length;
    const userRunning = running.filter((one) => one.task.requestedBy.id === task.requestedBy.id).length;
    const decision = decideLimits({
      now: by.now,
      slots: slotFactsOf(task, { userRunning, repositoryRunning, userLimit: concurrency.user }),
      scopes,
      neededNano: neededNano(task, head.heldNano),
    });
    if (decision.start) {
      return start(state, head, { by, scopes });
    }
    writeChange(state, head, { change: decidePark(task, decision), at: by.now });
    if (decision.reason === 'budget') {
      wakeBlocked(state, { slots: slotScopesOf(task), scopeKeys: [], now: by.now });
    }
  }
}

function findHead(state: MemoryState, lanes: { running: readonly TaskRecord[]; limit: number }): TaskRecord | null {
  const full = new Map<number, number>();
  for (const { task } of lanes.running) {
    full.set(task.repository.id, (full.get(task.repository.id) ?? 0) + 1);
  }
  const ready = unended(state).filter(
    ({ task }) => isEligible(task) && (full.get(task.repository.id) ?? 0) < lanes.limit,
  );
  return (
    ready.toSorted(
      (a, b) => turnOf(state, a.task) - turnOf(state, b.task) || b.task.priority - a.task.priority || a.seq - b.seq,
    )[0] ?? null
  );
}

function turnOf(state: MemoryState, task: Task): number {
  return state.turns.get(task.repository.id) ?? 0;
}

function start(state: MemoryState, head: TaskRecord, grant: { by: Claimer; scopes: readonly ScopeState[] }): Claimed {
  const { by, scopes } = grant;
  const { task } = head;
  const leaseNumber = head.leaseNumber + 1;
  const started: Task = {
    ...task,
    state: 'HYDRATING',
    epoch: task.epoch + 1,
    revision: task.revision + 1,
    lease: { owner: by.owner, number: leaseNumber, until: new Date(by.now.getTime() + by.leaseMs) },
    wait: null,
    startedAt: task.startedAt ?? by.now,
  };
  const attempt = newAttempt(started, { budgetNano: neededNano(task, head.heldNano), now: by.now });
  state.tasks.set(task.id, { ...head, task: started, leaseNumber });
  const scopeKeys = scopes.map(scopeKey);
  state.attempts.set(attemptKey(attempt), { attempt, scopeKeys, open: true, warned: new Set() });
  for (const scope of scopes) {
    const unopened = { reservedNano: 0, spentNano: 0, openedAt: by.now, warnedAt: null };
    const kept = state.scopes.get(scopeKey(scope)) ?? unopened;
    const reservedNano = kept.reservedNano + attempt.budgetNano;
    state.scopes.set(scopeKey(scope), { ...kept, reservedNano, capNano: scope.capNano });
  }
  state.turns.set(task.repository.id, state.next.turn);
  state.next.turn += 1;
  appendEvents(state, started, { events: [{ kind: 'task.claimed', state: 'HYDRATING' }], at: by.now });
  wakeUpsOf(task, started).forEach(state.notify);
  return { task: started, attempt };
}

function newAttempt(task: Task, given: { budgetNano: number; now: Date }): Attempt {
  return {
    taskId: task.id,
    epoch: task.epoch,
    tokenSha256: null,
    budgetNano: given.budgetNano,
    spentNano: 0,
    inflightNano: 0,
    modelCalls: 0,
    startSha: null,
    gateBaseSha: null,
    outsiders: null,
    startedAt: given.now,
    heartbeatAt: null,
    progressAt: null,
    progress: null,
    result: null,
    sessionEnd: null,
    prepareResult: null,
    checkSession: null,
    checkedResult: null,
    checkResults: null,
    environment: null,
    endedAt: null,
  };
}
