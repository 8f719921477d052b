import type { ReportContext } from './report-context.ts';

/** How long the work of a reporter that died stays hidden from others. A message takes a few requests at most. */
export const LEASE_MS = 45_000;
const RENEW_MS = 10_000;
/** The longest time for a write to wait in the queue and reach GitHub. */
const ARRIVAL_MS = 20_000;

/** The leases of the tasks that this process reports, renewed until they are released. */
export interface ReportLeases {
  acquire(taskId: string, leasedAt: Date): void;
  release(taskId: string): void;
  has(taskId: string): boolean;
  count(): number;
  /** Whether a write that is sent now arrives while the lease is still ours. */
  mayWrite(taskId: string): boolean;
  startRenewing(): void;
  stopRenewing(): void;
}

export function createReportLeases({
  clock,
  holder,
  log,
  stores,
}: Pick<ReportContext, 'clock' | 'holder' | 'log' | 'stores'>): ReportLeases {
  /** By task, when its lease began. */
  const leases = new Map<string, Date>();
  let renewing: NodeJS.Timeout | null = null;

  async function renew(): Promise<void> {
    const now = clock.now();
    // A lease that has expired may be somebody else's by now.
    const taskIds = [...leases].filter(([, leasedAt]) => now.getTime() < endOf(leasedAt)).map(([id]) => id);
    if (taskIds.length > 0) {
      await stores.reports.renewHolds({ holder, taskIds, now, leaseMs: LEASE_MS });
      taskIds.filter((id) => leases.has(id)).forEach((id) => leases.set(id, now));
    }
  }

  return {
    acquire: (taskId, leasedAt) => void leases.set(taskId, leasedAt),
    release: (taskId) => void leases.delete(taskId),
    has: (taskId) => leases.has(taskId),
    count: () => leases.size,
    mayWrite(taskId) {
      const leasedAt = leases.get(taskId);
      return leasedAt !== undefined && arrivesInTime(leasedAt, clock.now());
    },
    startRenewing() {
      renewing ??= setInterval(() => {
        renew().catch((error: unknown) => log.error('The leases of reports could not be renewed', { error }));
      }, RENEW_MS);
    },
    stopRenewing: () => clearInterval(renewing ?? undefined),
  };
}

/** Whether a write that is sent `now` arrives before a lease that began at `leasedAt` ends. */
export function arrivesInTime(leasedAt: Date, now: Date): boolean {
  return now.getTime() < endOf(leasedAt) - ARRIVAL_MS;
}

function endOf(leasedAt: Date): number {
  return leasedAt.getTime() + LEASE_MS;
}
