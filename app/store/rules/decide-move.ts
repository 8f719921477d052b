import { isTerminal } from '../../../protocol/index.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import { waitingEvent } from '../../task/events.ts';
import { mayMove } from '../../task/transitions.ts';
import type { Actor, Task } from '../../task/task.ts';
import { matchesFence, type Fence } from '../../task/fence.ts';
import type { Move, TaskPatch } from '../stores.ts';
import { endCancelled } from './end-task.ts';
import { isPaused, type StatedEvent, type TaskChange } from './task-facts.ts';

/**
 * What a move makes of a task; null when the fence is stale or the edge is not in the table. HYDRATING is reached by
 * `claim` alone, which also makes the attempt.
 *
 * A wish to stop that came while the step was under way is not lost on the way back to the queue: a cancel ends the
 * task, a pause makes it wait for `/resume`.
 */
export function decideMove(current: Task, move: Move): TaskChange | null {
  if ((move.to === 'SUBMITTED') !== (move.wait !== undefined)) {
    throw new Error(`a move to ${move.to} ${move.wait === undefined ? 'needs a wait' : 'takes no wait'}`);
  }
  if (!matchesFence(current, move.fence) || !mayMove(current.state, move.to) || move.to === 'HYDRATING') {
    return null;
  }
  const event: StatedEvent = { ...move.event, state: move.to };
  const patched = applyPatch(current, move.patch ?? {});
  if (move.to !== 'SUBMITTED') {
    const ended = isTerminal(move.to);
    const next: Task = {
      ...patched,
      state: move.to,
      ...(ended ? { lease: null, wait: null, finishedAt: move.now } : {}),
    };
    return { next, events: [event] };
  }
  const waiting: Task = { ...patched, state: 'SUBMITTED', lease: null, wait: move.wait ?? null, stop: null };
  return landStopped({ next: waiting, events: [event] }, current, move.now);
}

function landStopped(landed: TaskChange, before: Task, now: Date): TaskChange {
  const { stop } = before;
  if (stop === null) {
    return landed;
  }
  if (stop.kind === 'cancel') {
    const ended = endCancelled(landed.next, { stop, now });
    return { next: ended.next, events: [...landed.events, ...ended.events] };
  }
  if (isPaused(landed.next)) {
    return landed;
  }
  const paused = pauseWait(stop.by, now);
  const event: StatedEvent = { ...waitingEvent(paused, stop.by.login), state: 'SUBMITTED' };
  return { next: { ...landed.next, wait: paused }, events: [...landed.events, event] };
}

export function pauseWait(by: Actor, now: Date): NonNullable<Task['wait']> {
  return {
    reason: 'paused',
    wakeAt: new Date(now.getTime() + DEFAULTS.pausedForMs),
    note: `paused by ${by.id === 0 ? by.login : `@${by.login}`}`,
    blockedOn: null,
  };
}

/** Facts without a state; null when the fence is stale. */
export function decideRecord(current: Task, change: { fence: Fence; patch: TaskPatch }): Task | null {
  return matchesFence(current, change.fence) ? applyPatch(current, change.patch) : null;
}

function applyPatch(task: Task, patch: TaskPatch): Task {
  const { publication, ...rest } = patch;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return { ...task, ...given, publication: { ...task.publication, ...publication } };
}
