import type { GitHubApp, GitHubResult } from '../github/github.ts';
import type { InboxStore, KeyStore } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';
import type { Logger } from '../telemetry/log.ts';

/** GitHub keeps deliveries for about three days; two hours of them are left as margin, and two overlap for safety. */
const LOOK_BACK_MS = 70 * 3_600_000;
const OVERLAP_MS = 2 * 3_600_000;
const CURSOR = 'delivery-sweep.swept-until';

export interface SweepOptions {
  readonly app: Pick<GitHubApp, 'fetchFailedDeliveries' | 'fetchDelivery'>;
  readonly inbox: Pick<InboxStore, 'known' | 'record'>;
  readonly keys: Pick<KeyStore, 'read' | 'write'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export type SweepResult =
  | { readonly swept: true; readonly recovered: number }
  | { readonly swept: false; readonly why: string; readonly recovered: number };

/**
 * Asks GitHub for deliveries that never got a 2xx and records them as if they had arrived (L1). GitHub itself never
 * retries. The very first sweep looks 70 hours back; later ones, also after a restart, from two hours before the last
 * that worked.
 */
export async function sweepDeliveries(options: SweepOptions): Promise<SweepResult> {
  const now = options.clock.now();
  const failed = await options.app.fetchFailedDeliveries(await lookBackFrom(options, now));
  if (!failed.ok) {
    return { swept: false, why: failed.problem.message, recovered: 0 };
  }
  const known = await options.inbox.known(failed.value.map((delivery) => delivery.guid));
  const missing = failed.value.filter((delivery) => !known.has(delivery.guid));
  let recovered = 0;
  for (const delivery of missing) {
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
      receivedAt: now,
    });
    recovered += recorded ? 1 : 0;
  }
  await options.keys.write(CURSOR, now.toISOString());
  if (recovered > 0) {
    options.log.warn('Deliveries that GitHub could not deliver were recovered', { recovered });
  }
  return { swept: true, recovered };
}

async function lookBackFrom(options: SweepOptions, now: Date): Promise<Date> {
  const earliest = new Date(now.getTime() - LOOK_BACK_MS);
  const cursor = await options.keys.read(CURSOR);
  if (cursor === null) {
    return earliest;
  }
  const since = new Date(new Date(cursor).getTime() - OVERLAP_MS);
  return since > earliest ? since : earliest;
}

function describe(result: Extract<GitHubResult<unknown>, { ok: false }>): string {
  return `${result.problem.kind}: ${result.problem.message}`;
}
