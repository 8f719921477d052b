import { isTerminal } from '../../../../protocol/index.ts';
import { readEvent } from '../../../task/events.ts';
import { splitBudgetKey, type BlockedOn, type BudgetKey, type SlotScope } from '../../../task/scope.ts';
import type { SessionEnd } from '../../../task/outcome.ts';
import type { Attempt } from '../../../task/attempt.ts';
import type { Task } from '../../../task/task.ts';
import { isLive, slotScopesOf, type StatedEvent, type TaskChange } from '../../rules/task-facts.ts';
import { cleanText, copyApproved, copyJson } from '../../rules/to-json.ts';
import { wakeUpsOf } from '../../wake-up.ts';
import { wokenWait } from '../../rules/decide-waking.ts';
import { attemptKey, liveAttempt, readTask, unended, type MemoryState, type TaskRecord } from '../memory-state.ts';

const MOST_PER_BUDGET = 20;

/** Writes what a rule made of a task, with its events and wake-ups; ends its attempt when it leaves those states. */
export function writeChange(
  state: MemoryState,
  record: TaskRecord,
  write: { change: TaskChange; at: Date; sessionEnd?: SessionEnd },
): Task {
  const { change, at } = write;
  const { next } = change;
  const live = liveAttempt(state, record.task);
  const ending = live !== null && !isLive(next);
  const foldNano = ending ? live.attempt.spentNano : 0;
  if (live !== null && next.state !== record.task.state && next.state === 'FINALIZING') {
    const attempt = { ...live.attempt, sessionEnd: write.sessionEnd ?? null };
    state.attempts.set(attemptKey(attempt), { ...live, attempt, open: false });
  }
  if (ending) {
    endAttempt(state, live.attempt, at);
  }
  const kept: Task = {
    ...next,
    ...cleanFacts(next),
    spentNano: record.task.spentNano + foldNano,
    unsettledNano: 0,
    revision: record.task.revision + change.events.length,
  };
  const heldNano = record.heldNano + (ending ? live.attempt.inflightNano : 0);
  const after: TaskRecord = { ...record, task: kept, heldNano };
  state.tasks.set(kept.id, after);
  if (isTerminal(kept.state)) {
    state.unended.delete(kept.id);
  }
  appendEvents(state, kept, { events: change.events, at });
  wakeUpsOf(record.task, kept).forEach(state.notify);
  if (ending) {
    wakeBlocked(state, { slots: slotScopesOf(kept), scopeKeys: live.scopeKeys, now: at });
  }
  return readTask(state, after);
}

/** Facts with text of others in them come back as the database would give them. */
function cleanFacts(task: Task): Partial<Task> {
  return {
    text: copyApproved(task.text),
    outcome: copyJson(task.outcome),
    failure: copyJson(task.failure),
    question: copyJson(task.question),
    verdict: copyJson(task.verdict),
    wait: task.wait === null || task.wait.note === null ? task.wait : { ...task.wait, note: cleanText(task.wait.note) },
  };
}

export function appendEvents(state: MemoryState, task: Task, told: { events: readonly StatedEvent[]; at: Date }): void {
  const log = state.events.get(task.id) ?? [];
  for (const event of told.events) {
    const data = copyJson('data' in event ? event.data : {});
    const { id: taskId, epoch } = task;
    log.push(
      readEvent({ seq: state.next.event, taskId, epoch, at: told.at, state: event.state, kind: event.kind, data }),
    );
    state.next.event += 1;
  }
  state.events.set(task.id, log);
}

function endAttempt(state: MemoryState, attempt: Attempt, at: Date): void {
  const record = state.attempts.get(attemptKey(attempt));
  if (record === undefined) {
    throw new Error(`attempt ${attempt.epoch} of task ${attempt.taskId} has no row`);
  }
  state.attempts.set(attemptKey(attempt), { ...record, open: false, attempt: { ...attempt, endedAt: at } });
  for (const key of record.scopeKeys) {
    const scope = state.scopes.get(key);
    if (scope !== undefined) {
      scope.reservedNano -= attempt.budgetNano - attempt.inflightNano;
      scope.spentNano += attempt.spentNano;
    }
  }
}

/** The first task that waits for each freed slot, and those that fit into each freed budget scope. */
export function wakeBlocked(
  state: MemoryState,
  freed: { slots: readonly SlotScope[]; scopeKeys: readonly BudgetKey[]; now: Date },
): void {
  for (const blockedOn of freed.slots) {
    wakeFirst(state, { blockedOn, most: 1, roomNano: Number.POSITIVE_INFINITY, now: freed.now });
  }
  for (const key of freed.scopeKeys) {
    const scope = state.scopes.get(key);
    const roomNano =
      scope === undefined || scope.capNano === null
        ? Number.POSITIVE_INFINITY
        : scope.capNano - scope.reservedNano - scope.spentNano;
    const blockedOn = `budget:${splitBudgetKey(key).scope}` as const;
    wakeFirst(state, { blockedOn, most: MOST_PER_BUDGET, roomNano, now: freed.now });
  }
}

function wakeFirst(
  state: MemoryState,
  scope: { blockedOn: BlockedOn; most: number; roomNano: number; now: Date },
): void {
  const waiting = unended(state)
    .filter(
      ({ task, heldNano }) =>
        task.wait?.blockedOn === scope.blockedOn && task.budgetNano - task.spentNano - heldNano <= scope.roomNano,
    )
    .toSorted((a, b) => b.task.priority - a.task.priority || a.seq - b.seq)
    .slice(0, scope.most);
  for (const record of waiting) {
    const { task } = record;
    if (task.wait !== null) {
      state.tasks.set(task.id, { ...record, task: { ...task, wait: wokenWait(task.wait, scope.now) } });
      state.notify({ kind: 'task', id: task.id });
    }
  }
}
