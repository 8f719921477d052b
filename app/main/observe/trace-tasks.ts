import { isTerminal } from '../../../protocol/index.ts';
import type { Claimed, TaskStore } from '../../store/stores.ts';
import { findLatest, type TaskEvent } from '../../task/events.ts';
import type { Task } from '../../task/task.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { Tracer } from '../../telemetry/tracer.ts';
import { systemClock } from '../system.ts';

/**
 * The task store with spans for what happens to a task in one transaction: its admission, what it waited for, its claim,
 * and its whole life when it ends. Every process that moves tasks has one, so that no room needs to know of it.
 */
export function traceTasks(tasks: TaskStore, options: { tracer: Tracer; log: Logger }): TaskStore {
  const { log, tracer } = options;

  function traceEnd(task: Task): void {
    if (isTerminal(task.state) && task.finishedAt !== null) {
      const facts = { outcome: task.outcome?.kind ?? task.failure?.code ?? 'none' };
      tracer.record('task', task, { startedAt: task.createdAt, endedAt: task.finishedAt, facts });
    }
  }

  async function traceWait(task: Task): Promise<void> {
    const waited = findWait(await tasks.events(task.id));
    if (waited !== null) {
      tracer.record('wait', task, { ...waited, facts: { reason: waited.reason } });
    }
  }

  function traceClaims(startedAt: Date, claims: readonly Claimed[]): void {
    for (const { task } of claims) {
      tracer.record('claim', task, { startedAt, endedAt: systemClock.now() });
      traceWait(task).catch((error: unknown) =>
        log.warn('What a task waited for could not be traced', { err: error, taskId: task.id, epoch: task.epoch }),
      );
    }
  }

  return {
    ...tasks,
    async admit(request) {
      const startedAt = systemClock.now();
      const admitted = await tasks.admit(request);
      if (admitted.admitted) {
        tracer.record('admission', admitted.task, { startedAt, endedAt: systemClock.now() });
      }
      return admitted;
    },
    async claim(by) {
      const startedAt = systemClock.now();
      const claimed = await tasks.claim(by);
      traceClaims(startedAt, claimed === null ? [] : [claimed]);
      return claimed;
    },
    async claimUpTo(max, by) {
      const startedAt = systemClock.now();
      const claimed = await tasks.claimUpTo(max, by);
      traceClaims(startedAt, claimed);
      return claimed;
    },
    async move(move) {
      const moved = await tasks.move(move);
      if (moved.moved) {
        traceEnd(moved.task);
      }
      return moved;
    },
    async requestStop(request) {
      const stopped = await tasks.requestStop(request);
      if (stopped.done === 'ended') {
        traceEnd(stopped.task);
      }
      return stopped;
    },
  };
}

/** From when to when a task waited before its latest claim, and for what at last. */
function findWait(events: readonly TaskEvent[]): { startedAt: Date; endedAt: Date; reason: string } | null {
  const at = events.findLastIndex((event) => event.kind === 'task.claimed');
  const claimed = events[at];
  const before = events.slice(0, at);
  const waiting = before.slice(before.findLastIndex((event) => event.state !== 'SUBMITTED') + 1);
  const [first] = waiting;
  if (claimed === undefined || first === undefined) {
    return null;
  }
  const reason = findLatest(waiting, 'task.waiting')?.data.reason ?? 'slot';
  return { startedAt: first.at, endedAt: claimed.at, reason };
}
