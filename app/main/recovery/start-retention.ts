import { randomUUID } from 'node:crypto';
import type { AttemptRepositories } from '../../git/attempt-repository.ts';
import { startScheduledJob } from '../../intake/recovery/scheduled-job.ts';
import type { Artifacts } from '../../store/artifacts.ts';
import { createRetention, type Retention } from '../../store/postgres/retention.ts';
import type { Clock } from '../../task/clock.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Storage } from '../open-storage.ts';
import { systemClock } from '../system.ts';

const DAY_MS = 24 * 3_600_000;
const EVERY_MS = 3_600_000;
/** Small, so that no transaction holds a lock for long. */
const BATCH = 50;
const MAIL_BATCH = 1_000;

export interface RetentionPlan {
  readonly storage: Pick<Storage, 'database' | 'stores' | 'artifacts'>;
  readonly repositories: Pick<AttemptRepositories, 'remove'>;
  readonly days: number;
  readonly metrics: Pick<Metrics, 'tasksPruned'>;
  readonly log: Logger;
}

/** Every hour, in one process of all: gives up what ended longer ago than it is to be kept. */
export function startRetention(plan: RetentionPlan): { stop(): Promise<void> } {
  const { database, stores, artifacts } = plan.storage;
  const common = { clock: systemClock, log: plan.log };
  return startScheduledJob({
    ...common,
    name: 'retention',
    everyMs: EVERY_MS,
    holder: randomUUID(),
    recovery: stores.recovery,
    async run({ holds }) {
      const retention = createRetention(database);
      const pruned = await prune({ ...plan, clock: systemClock, retention, artifacts, holds });
      plan.metrics.tasksPruned(pruned.tasks);
      if (pruned.tasks + pruned.mail > 0) {
        plan.log.info('Expired data was deleted', { ...pruned, days: plan.days });
      }
      return null;
    },
  });
}

export interface Pruning {
  readonly retention: Retention;
  readonly artifacts: Pick<Artifacts, 'remove'>;
  readonly repositories: Pick<AttemptRepositories, 'remove'>;
  readonly days: number;
  readonly clock: Clock;
  /** False once another process does this, or everything ends. */
  readonly holds: () => boolean;
}

/** Files first: a stop in between leaves a row that is found again, never a file that nobody knows. */
export async function prune(pruning: Pruning): Promise<{ tasks: number; mail: number }> {
  const { artifacts, holds, repositories, retention } = pruning;
  const before = decideBefore(pruning.clock.now(), pruning.days);
  let tasks = 0;
  while (holds()) {
    const found = await retention.findTasks({ before, max: BATCH });
    for (const { id, epoch } of found) {
      for (let number = 1; number <= epoch; number += 1) {
        await repositories.remove({ taskId: id, epoch: number });
      }
      await artifacts.remove(`${id}/`);
    }
    const removed = await retention.removeTasks(found.map(({ id }) => id));
    tasks += removed;
    if (removed < BATCH) {
      break;
    }
  }
  let mail = 0;
  while (holds()) {
    const removed = await retention.removeMail({ before, max: MAIL_BATCH });
    mail += removed;
    if (removed < MAIL_BATCH) {
      break;
    }
  }
  return { tasks, mail };
}

/** Never anything of the present month, in any time zone: its spend is still shown and projected. */
export function decideBefore(now: Date, days: number): Date {
  const monthBegins = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1) - DAY_MS;
  return new Date(Math.min(now.getTime() - days * DAY_MS, monthBegins));
}
