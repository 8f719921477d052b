import { isTerminal } from '../../protocol/index.ts';
import type { Task } from '../task/task.ts';
import type { ReportWork } from './report-context.ts';
import type { ReportLeases } from './report-leases.ts';
import { reportTask } from './report-task.ts';
import { guardWrites } from './writing/guard-writes.ts';

const OUTAGE_PAUSE_MS = 5_000;
const ERROR_PAUSE_MS = 30_000;
const MAX_ERROR_PAUSE_MS = 600_000;

/** The tasks that wait to be reported; those of one installation one after the other, those that have ended first. */
export interface ReportLanes {
  /** Reports the task, whose lease has just been acquired, when its lane comes to it. */
  add(task: Task): void;
}

interface Lane {
  readonly tasks: Task[];
  isWorking: boolean;
}

export function createReportLanes(
  options: ReportWork,
  { leases, track }: { leases: ReportLeases; track: (work: Promise<void>) => void },
): ReportLanes {
  const { clock, holder, log, stores } = options;
  const lanes = new Map<number, Lane>();
  /** How often reporting a task has failed in a row. */
  const failures = new Map<string, number>();

  async function work(lane: Lane): Promise<void> {
    lane.isWorking = true;
    let isOutage = false;
    for (let task = lane.tasks.shift(); task; task = lane.tasks.shift()) {
      if (isOutage) {
        await postpone(task, OUTAGE_PAUSE_MS);
      } else {
        isOutage = await report(task);
      }
      leases.release(task.id);
    }
    lane.isWorking = false;
  }

  /** Resolves with whether GitHub is unreachable; never rejects. */
  async function report(task: Task): Promise<boolean> {
    const failed = failures.get(task.id) ?? 0;
    const github = guardWrites(options.github(task.installationId), () => leases.mayWrite(task.id));
    try {
      const { outage, needsBackoff } = await reportTask(task, { ...options, github }, failed);
      if (needsBackoff) {
        failures.set(task.id, failed + 1);
      } else {
        failures.delete(task.id);
      }
      return outage;
    } catch (error) {
      log.error('Reporting a task failed', { taskId: task.id, epoch: task.epoch, error });
      failures.set(task.id, failed + 1);
      await postpone(task, Math.min(ERROR_PAUSE_MS * (failed + 1), MAX_ERROR_PAUSE_MS));
      return false;
    }
  }

  async function postpone(task: Task, ms: number): Promise<void> {
    const now = clock.now();
    try {
      await stores.reports.retryLater(task.id, { holder, now, at: new Date(now.getTime() + ms) });
    } catch (error) {
      // Its lease expires, then it is taken again.
      log.error('A report could not be postponed', { taskId: task.id, epoch: task.epoch, error });
    }
  }

  return {
    add(task) {
      const lane = lanes.get(task.installationId) ?? { tasks: [], isWorking: false };
      lanes.set(task.installationId, lane);
      const firstUnended = lane.tasks.findIndex((other) => !isTerminal(other.state));
      if (isTerminal(task.state) && firstUnended >= 0) {
        lane.tasks.splice(firstUnended, 0, task);
      } else {
        lane.tasks.push(task);
      }
      if (!lane.isWorking) {
        track(work(lane));
      }
    },
  };
}
