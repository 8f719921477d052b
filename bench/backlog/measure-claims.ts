import type { Database } from '../../app/store/database.ts';
import { PICK } from '../../app/store/postgres/claims/pick-heads.ts';
import type { Claimed, ClaimLimits, Stores } from '../../app/store/stores.ts';
import { quantile } from '../frame/quantile.ts';
import { NO_LIMITS } from '../lifecycle/lifecycle-round.ts';

export interface ClaimFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Claimed and given back, with several callers. */
  readonly perSecond: number;
}

const CLAIMS = 400;
const CALLERS = 4;
const CALLER_CLAIMS = 100;

/** Claims one task at a time and gives it back at once, so that as many wait as before; then by several callers. */
export async function measureClaims(stores: Stores): Promise<ClaimFigures> {
  const times: number[] = [];
  for (let count = 0; count < CLAIMS; count += 1) {
    const started = performance.now();
    const claimed = await claimOne(stores);
    times.push(performance.now() - started);
    await giveBack(stores, claimed);
  }
  const started = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, () => claimAndGiveBack(stores)));
  return {
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    perSecond: (CALLERS * CALLER_CLAIMS * 1_000) / (performance.now() - started),
  };
}

async function claimAndGiveBack(stores: Stores): Promise<void> {
  for (let count = 0; count < CALLER_CLAIMS; count += 1) {
    await giveBack(stores, await claimOne(stores));
  }
}

async function claimOne(stores: Stores): Promise<Claimed> {
  const claimed = await stores.tasks.claim({ owner: 'bench', now: new Date(), leaseMs: 30_000, limits: NO_LIMITS });
  if (claimed === null) {
    throw new Error('nothing could be claimed although tasks wait');
  }
  return claimed;
}

async function giveBack(stores: Stores, { task }: Claimed): Promise<void> {
  const now = new Date();
  await stores.tasks.move({
    fence: { taskId: task.id, epoch: task.epoch, leaseNumber: task.lease?.number ?? 0 },
    to: 'SUBMITTED',
    now,
    wait: { reason: 'slot', wakeAt: now, note: null, blockedOn: null },
    event: { kind: 'task.note', data: { note: 'a test' } },
  });
}

/** Ends a task that was claimed. */
export async function end(stores: Pick<Stores, 'tasks'>, { task }: Claimed): Promise<void> {
  await stores.tasks.move({
    fence: { taskId: task.id, epoch: task.epoch, leaseNumber: task.lease?.number ?? 0 },
    to: 'FAILED',
    now: new Date(),
    event: { kind: 'task.ended', data: {} },
  });
}

/** How PostgreSQL finds the next task: the plan of the statement that does it, with what it really read. */
export async function explainClaim(database: Database, limits: ClaimLimits): Promise<string[]> {
  const rows = await database.query<{ 'QUERY PLAN': string }>({
    text: `explain (analyze, buffers, costs off, summary off, timing off) ${PICK}`,
    values: [limits.concurrency.repository, [], ['server-day@bench'], 1],
  });
  return rows.map((row) => row['QUERY PLAN']);
}
