import { randomUUID } from 'node:crypto';
import type { RepoFiles } from '../../admission/repo-file.ts';
import type { GitHubApp } from '../../github/github.ts';
import { startScheduledJob } from '../../intake/recovery/scheduled-job.ts';
import { sweepDeliveries } from '../../intake/recovery/sweep-deliveries.ts';
import { sweepTriggers } from '../../intake/recovery/sweep-triggers.ts';
import { readRestored } from '../../store/restored.ts';
import type { Stores } from '../../store/stores.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { systemClock } from '../system.ts';

/** How often GitHub is asked for what it did not deliver. */
export interface RecoveryTimes {
  readonly deliveriesMs: number;
  readonly triggersMs: number;
}

export const RECOVERY_TIMES: RecoveryTimes = { deliveriesMs: 5 * 60_000, triggersMs: 15 * 60_000 };

/** Ids of handled deliveries are kept this long, so that none is taken for a new one. */
const REMEMBER_DELIVERIES_MS = 30 * 24 * 3_600_000;
const PRUNE_BATCH = 1_000;

export interface RecoveryPlan {
  readonly appId: number;
  readonly stores: Pick<Stores, 'inbox' | 'keys' | 'recovery'>;
  readonly github: GitHubApp;
  readonly repoFiles: RepoFiles;
  readonly metrics: Pick<Metrics, 'deliveriesRecovered' | 'triggersRecovered'>;
  readonly log: Logger;
  readonly times: RecoveryTimes;
}

/** Asks GitHub for failed deliveries, and compares open triggers with tasks: one process of all at a time. */
export function startRecovery(plan: RecoveryPlan): { stop(): Promise<void> } {
  const { github, log, metrics, stores, times } = plan;
  const { inbox, recovery } = stores;
  const common = { holder: randomUUID(), recovery, clock: systemClock, log };
  const deliveries = startScheduledJob({
    ...common,
    name: 'sweep-deliveries',
    everyMs: times.deliveriesMs,
    async run({ cursor, holds }) {
      const sweptUntil = cursor === null ? null : new Date(cursor);
      const restored = await readRestored(stores.keys);
      const clock = systemClock;
      const result = await sweepDeliveries({ app: github, inbox, sweptUntil, restored, holds, clock, log });
      metrics.deliveriesRecovered(result.recovered);
      if (!result.swept) {
        log.warn('Missed deliveries could not be fetched; the next sweep retries', { why: result.why });
      }
      await inbox.prune({ before: new Date(systemClock.now().getTime() - REMEMBER_DELIVERIES_MS), max: PRUNE_BATCH });
      return result.swept ? result.sweptUntil.toISOString() : null;
    },
  });
  const triggers = {
    ...common,
    name: 'sweep-triggers',
    everyMs: times.triggersMs,
    async run({ holds }: { holds: () => boolean }) {
      const swept = await sweepTriggers({
        ...common,
        app: github,
        appId: plan.appId,
        inbox,
        repoFiles: plan.repoFiles,
        holds,
      });
      metrics.triggersRecovered(swept.recovered);
      if (swept.recovered > 0) {
        log.warn('Commands that GitHub never delivered were found', { ...swept });
      }
      return null;
    },
  };
  let isStopped = false;
  // What GitHub knows to have failed comes first: what is then still missing was never sent.
  const comparing = deliveries.started.then(() => (isStopped ? null : startScheduledJob(triggers)));
  return {
    async stop() {
      isStopped = true;
      await deliveries.stop();
      await (await comparing)?.stop();
    },
  };
}
