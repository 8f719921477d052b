import type { GitHubApp, GitHubResult } from '../../github/github.ts';
import type { Restored } from '../../store/restored.ts';
import type { InboxStore } from '../../store/stores.ts';
import type { Clock } from '../../task/clock.ts';
import type { Logger } from '../../telemetry/log.ts';

/** GitHub keeps deliveries for about three days; two hours of them are left as margin, and two overlap for safety. */
const LOOK_BACK_MS = 70 * 3_600_000;
const OVERLAP_MS = 2 * 3_600_000;
/** A poll follows the one before within seconds, and a delivery is listed soon after it failed. */
const POLL_OVERLAP_MS = 3 * 60_000;

export interface SweepOptions {
  readonly app: Pick<GitHubApp, 'fetchFailedDeliveries' | 'fetchDelivery'>;
  readonly inbox: Pick<InboxStore, 'known' | 'record'>;
  /** When the last sweep that worked began; null before the first. */
  readonly sweptUntil: Date | null;
  /** The last restore of the database; null when there was none. */
  readonly restored: Restored | null;
  /** `sweep`: to find what was missed. `poll`: nothing arrives in any other way. */
  readonly purpose: 'sweep' | 'poll';
  /** False once another process sweeps. */
  readonly holds: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

export type SweepResult =
  | { readonly swept: true; readonly recovered: number; readonly sweptUntil: Date }
  | { readonly swept: false; readonly why: string; readonly recovered: number };

/**
 * Asks GitHub for deliveries that never got a 2xx and records them as if they had arrived (L1). GitHub itself never
 * retries. The very first sweep looks 70 hours back; later ones, also after a restart, from two hours before the last
 * that worked. After a restore everything since the backup is asked for once, answered or not: the rows that knew of it
 * are gone. What it had done is found again by its keys.
 * A server that GitHub cannot reach polls: it does the same every few seconds, looking back a few minutes.
 */
export async function sweepDeliveries(options: SweepOptions): Promise<SweepResult> {
  const now = options.clock.now();
  const { purpose, restored, sweptUntil } = options;
  const isGap = restored !== null && (sweptUntil === null || sweptUntil < restored.restoredAt);
  const failed = isGap
    ? await options.app.fetchFailedDeliveries(lookBackFrom(restored.backupAt, now), { arrived: 'too' })
    : await options.app.fetchFailedDeliveries(lookBackFrom(sweptUntil, now, purpose));
  if (!failed.ok) {
    return { swept: false, why: failed.problem.message, recovered: 0 };
  }
  const known = await options.inbox.known(failed.value.map((delivery) => delivery.guid));
  const missing = failed.value.filter((delivery) => !known.has(delivery.guid)).toReversed();
  let recovered = 0;
  for (const delivery of missing) {
    if (!options.holds()) {
      return { swept: false, why: 'another process is sweeping', recovered };
    }
    const fetched = await options.app.fetchDelivery(delivery.id);
    if (!fetched.ok && (fetched.problem.kind === 'not_found' || fetched.problem.kind === 'gone')) {
      // Forgotten by GitHub since it was listed; the others must not wait for what cannot come.
      options.log.warn('A delivery is gone from GitHub and cannot be recovered', { deliveryId: delivery.guid });
      continue;
    }
    if (!fetched.ok) {
      return { swept: false, why: describe(fetched), recovered };
    }
    const body = Buffer.from(JSON.stringify(fetched.value.payload));
    const { recorded } = await options.inbox.record({
      id: delivery.guid,
      event: fetched.value.event,
      body,
      // The oldest is routed first.
      receivedAt: isGap ? delivery.deliveredAt : now,
    });
    recovered += recorded ? 1 : 0;
  }
  if (recovered > 0 && purpose === 'sweep') {
    options.log.warn('Deliveries that GitHub could not deliver were recovered', { recovered });
  }
  return { swept: true, recovered, sweptUntil: now };
}

function lookBackFrom(sweptUntil: Date | null, now: Date, purpose: SweepOptions['purpose'] = 'sweep'): Date {
  const overlapMs = purpose === 'sweep' ? OVERLAP_MS : POLL_OVERLAP_MS;
  const earliest = now.getTime() - LOOK_BACK_MS;
  return new Date(sweptUntil === null ? earliest : Math.max(earliest, sweptUntil.getTime() - overlapMs));
}

function describe(result: Extract<GitHubResult<unknown>, { ok: false }>): string {
  return `${result.problem.kind}: ${result.problem.message}`;
}
