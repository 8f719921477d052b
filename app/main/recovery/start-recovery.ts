import { randomUUID } from 'node:crypto';
import type { RepoFiles } from '../../admission/repo-file.ts';
import type { GitHubApp } from '../../github/github.ts';
import { startScheduledJob, type ScheduledJobOptions } from '../../intake/recovery/scheduled-job.ts';
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
  /** Of a server that GitHub cannot reach. */
  readonly pollMs: number;
}

export const RECOVERY_TIMES: RecoveryTimes = {
  deliveriesMs: 5 * 60_000,
  triggersMs: 15 * 60_000,
  // 1,200 of the 5,000 requests that an App has an hour for itself.
  pollMs: 3_000,
};

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
  readonly intake: 'webhook' | 'poll';
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
      const purpose = 'sweep';
      const result = await sweepDeliveries({ app: github, inbox, sweptUntil, restored, purpose, holds, clock, log });
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
  const polling = plan.intake === 'poll' ? startPolling(plan, common) : null;
  let isStopped = false;
  // What GitHub knows to have failed comes first: what is then still missing was never sent.
  const comparing = deliveries.started.then(() => (isStopped ? null : startScheduledJob(triggers)));
  return {
    async stop() {
      isStopped = true;
      await polling?.stop();
      await deliveries.stop();
      await (await comparing)?.stop();
    },
  };
}

type Common = Pick<ScheduledJobOptions, 'holder' | 'recovery' | 'clock' | 'log'>;

/** Fetches every delivery, because none arrives: GitHub keeps those that it could not make. */
function startPolling({ github, log, stores, times }: RecoveryPlan, common: Common): { stop(): Promise<void> } {
  let isReachable = true;
  return startScheduledJob({
    ...common,
    name: 'poll-deliveries',
    everyMs: times.pollMs,
    async run({ cursor, holds }) {
      const result = await sweepDeliveries({
        app: github,
        inbox: stores.inbox,
        sweptUntil: cursor === null ? null : new Date(cursor),
        restored: null,
        purpose: 'poll',
        holds,
        clock: common.clock,
        log,
      });
      if (result.swept !== isReachable) {
        const sentence = result.swept
          ? 'GitHub answers polls again'
          : 'Deliveries could not be polled; polling goes on';
        log.warn(sentence, result.swept ? {} : { why: result.why });
        isReachable = result.swept;
      }
      return result.swept ? result.sweptUntil.toISOString() : null;
    },
  });
}
