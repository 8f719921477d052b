import { ATTEMPT_STATES, type TaskState, type WaitReason } from '../../../protocol/index.ts';
import type { SlotFacts } from '../../budget/decide-limits.ts';
import type { NewEvent } from '../../task/events.ts';
import { acceptedQuestion, releasedQuestion } from '../../task/question.ts';
import type { SlotScope } from '../../task/scope.ts';
import type { NanoUsd, Task } from '../../task/task.ts';

/** An event with the state it reports; one change may pass through two states. */
export type StatedEvent = NewEvent & { readonly state: TaskState };

/** What a rule wants written: the task as it shall be (revision left to the store) and its events. */
export interface TaskChange {
  readonly next: Task;
  readonly events: readonly StatedEvent[];
}

/** Holds a slot and a reservation. */
export function isLive(task: Pick<Task, 'state'>): boolean {
  return (ATTEMPT_STATES as readonly TaskState[]).includes(task.state);
}

/** Could be claimed as far as it alone is concerned. */
export function isEligible(task: Pick<Task, 'state' | 'wait'>): boolean {
  return task.state === 'SUBMITTED' && task.wait?.reason === 'slot' && task.wait.blockedOn === null;
}

/** In the queue of its repository: eligible, or stopped by a limit that others may free. */
export function isQueued(task: Pick<Task, 'state' | 'wait'>): boolean {
  return task.state === 'SUBMITTED' && (task.wait?.reason === 'slot' || isBlocked(task));
}

/** Stopped by a limit: what frees that wakes it. */
export function isBlocked(task: Pick<Task, 'wait'>): boolean {
  return task.wait !== null && task.wait.blockedOn !== null;
}

/** Reasons that only a person ends. */
function isWaitForPerson(reason: WaitReason): boolean {
  return ['budget', 'human', 'paused', 'approval'].includes(reason);
}

/** What an attempt of the task may spend; nothing where it only carries out what a person answered. */
export function neededNano(task: Pick<Task, 'budgetNano' | 'question' | 'spentNano'>, heldNano: NanoUsd): NanoUsd {
  const isAnswered = releasedQuestion(task) !== null || acceptedQuestion(task) !== null;
  return isAnswered ? 0 : task.budgetNano - task.spentNano - heldNano;
}

/** Waits for a person: its budget is used up, it has a question, its work is held, or someone paused it. */
export function isPaused(task: Pick<Task, 'state' | 'wait'>): boolean {
  return (
    task.state === 'SUBMITTED' &&
    task.wait !== null &&
    task.wait.blockedOn === null &&
    isWaitForPerson(task.wait.reason)
  );
}

export function readyWait(now: Date): Task['wait'] {
  return { reason: 'slot', wakeAt: now, note: null, blockedOn: null };
}

/** The slot scopes of a task in addition to the server's: its requester's, and its repository's own. */
export function slotScopesOf(
  task: Pick<Task, 'requestedBy' | 'repository'>,
): readonly [user: SlotScope, repository: SlotScope] {
  return [`user:${task.requestedBy.id}`, `repository:${task.repository.id}`];
}

/** Those scopes as they stand for a claim; the repository's counts only where its file sets a limit of its own. */
export function slotFactsOf(
  task: Task,
  facts: { userRunning: number; repositoryRunning: number; userLimit: number },
): SlotFacts[] {
  const own = task.settings.limits?.concurrency ?? null;
  const [user, repository] = slotScopesOf(task);
  return [
    { scope: user, running: facts.userRunning, limit: facts.userLimit },
    ...(own === null ? [] : [{ scope: repository, running: facts.repositoryRunning, limit: own }]),
  ];
}
