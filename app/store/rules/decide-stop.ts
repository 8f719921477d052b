import { isTerminal } from '../../../protocol/index.ts';
import { waitingEvent } from '../../task/events.ts';
import type { StopRequest, Task } from '../../task/task.ts';
import { pauseWait } from './decide-move.ts';
import { endCancelled } from './end-task.ts';
import { isLive, isPaused, type TaskChange } from './task-facts.ts';

export interface StopDecision {
  readonly done: 'ended' | 'requested' | 'paused' | 'too_late';
  /** Null when nothing is to be written. */
  readonly change: TaskChange | null;
}

/**
 * What a wish to stop does: it ends or pauses a task that waits, and is written on one that runs, for the owner of the
 * lease to carry out. A cancel replaces a pause, never the other way round.
 */
export function decideStop(task: Task, request: { stop: StopRequest; now: Date }): StopDecision {
  const { stop, now } = request;
  if (isTerminal(task.state)) {
    return { done: 'too_late', change: null };
  }
  if (isLive(task)) {
    if (task.stop !== null && (task.stop.kind === stop.kind || task.stop.kind === 'cancel')) {
      return { done: 'requested', change: null };
    }
    const data = { kind: stop.kind, by: stop.by.login };
    return {
      done: 'requested',
      change: { next: { ...task, stop }, events: [{ kind: 'task.stop_requested', state: task.state, data }] },
    };
  }
  if (stop.kind === 'cancel') {
    return { done: 'ended', change: endCancelled(task, request) };
  }
  if (isPaused(task)) {
    return { done: 'paused', change: null };
  }
  const wait = pauseWait(stop.by, now);
  return {
    done: 'paused',
    change: {
      next: { ...task, wait },
      events: [{ ...waitingEvent(wait, stop.by.login), state: 'SUBMITTED' }],
    },
  };
}
