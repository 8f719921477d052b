import type { Task } from '../../../task/task.ts';
import { UNPUBLISHED } from '../../../task/unpublished.ts';
import { copyApproved, copyJson } from '../../rules/to-json.ts';
import { readyWait } from '../../rules/task-facts.ts';
import type { Admitted, TaskStore } from '../../stores.ts';
import { addToOutbox } from '../memory-outbox.ts';
import { readTask, unended, type MemoryState, type TaskRecord } from '../memory-state.ts';
import { wakeUpsOf } from '../../wake-up.ts';
import { appendEvents } from './write-change.ts';

const HOUR_MS = 3_600_000;

type Request = Parameters<TaskStore['admit']>[0];

export function admitInMemory(state: MemoryState, request: Request): Admitted {
  const { task: asked, semanticKey, now } = request;
  const known = state.tasks.get(state.bySemanticKey.get(semanticKey) ?? '');
  if (known !== undefined) {
    return { admitted: false, why: 'same_trigger', task: readTask(state, known) };
  }
  const busy = unended(state).find(
    ({ task }) => task.repository.id === asked.repository.id && task.thread.number === asked.thread.number,
  );
  if (busy !== undefined) {
    return { admitted: false, why: 'thread_busy', task: readTask(state, busy) };
  }
  const { perUserPerHour } = request.rate;
  const recent = findRecent(state, { userId: asked.requestedBy.id, now }).slice(0, perUserPerHour);
  if (recent.length >= perUserPerHour) {
    const oldest = recent.at(-1) ?? now;
    return { admitted: false, why: 'user_rate', retryAt: new Date(oldest.getTime() + HOUR_MS) };
  }
  return { admitted: true, task: insert(state, request) };
}

/** When this person's tasks of the last hour were made, newest first. */
function findRecent(state: MemoryState, who: { userId: number; now: Date }): Date[] {
  return [...state.tasks.values()]
    .filter(({ task }) => task.requestedBy.id === who.userId)
    .map(({ task }) => task.createdAt)
    .filter((at) => at.getTime() > who.now.getTime() - HOUR_MS)
    .toSorted((a, b) => b.getTime() - a.getTime());
}

function insert(state: MemoryState, request: Request): Task {
  const { task: asked, now } = request;
  if (state.tasks.has(asked.id)) {
    throw new Error(`task ${asked.id} could not be admitted: its id is taken by another trigger`);
  }
  const task: Task = {
    ...asked,
    trigger: copyJson(asked.trigger),
    text: copyApproved(asked.text),
    settings: copyJson(asked.settings),
    state: 'SUBMITTED',
    epoch: 0,
    lostAttempts: 0,
    lease: null,
    wait: readyWait(now),
    stop: null,
    question: null,
    verdict: null,
    outages: {},
    comparedRestore: null,
    spentNano: 0,
    unsettledNano: 0,
    baseBranch: null,
    baseSha: null,
    publication: UNPUBLISHED,
    outcome: null,
    failure: null,
    revision: 1,
    createdAt: now,
    startedAt: null,
    finishedAt: null,
  };
  const record: TaskRecord = {
    task,
    seq: state.next.task,
    semanticKey: request.semanticKey,
    leaseNumber: 0,
    heldNano: 0,
    reported: { revision: 0, holdUntil: null, holder: null, lookAgainAt: null, lookAsked: false },
  };
  state.next.task += 1;
  state.tasks.set(task.id, record);
  state.unended.add(task.id);
  state.bySemanticKey.set(request.semanticKey, task.id);
  if (!state.turns.has(task.repository.id)) {
    state.turns.set(task.repository.id, state.next.turn);
    state.next.turn += 1;
  }
  appendEvents(state, task, { events: [{ kind: 'task.submitted', state: 'SUBMITTED' }], at: now });
  addToOutbox(state, request.outbox, now);
  wakeUpsOf(null, task).forEach(state.notify);
  return task;
}
