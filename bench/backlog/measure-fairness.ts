import { setTimeout as wait } from 'node:timers/promises';
import type { ClaimLimits, Stores } from '../../app/store/stores.ts';
import { makeTask } from '../frame/bench-task.ts';
import { quantile } from '../frame/quantile.ts';
import { NO_LIMITS } from '../lifecycle/lifecycle-round.ts';
import { end } from './measure-claims.ts';

const QUIET = 20;
const TASKS_EACH = 8;
const EVERY_MS = 600;
const NOISE = 2_000;
const WORKERS = 10;
const WORK_MS = 100;
const IDLE_MS = 2;
/** Fewer slots than the noisy repository could fill on its own. */
const LIMITS: ClaimLimits = { ...NO_LIMITS, concurrency: { repository: 2, user: 10_000, server: WORKERS } };

let threads = 10_000_000;

/** How long tasks of quiet repositories wait from admission to claim, ms at p95; `noisy` fills one more with thousands. */
export async function measureFairness(stores: Stores, neighbour: 'alone' | 'noisy'): Promise<number> {
  const waitsMs: number[] = [];
  if (neighbour === 'noisy') {
    for (let count = 0; count < NOISE; count += 50) {
      await Promise.all(Array.from({ length: 50 }, () => admit(stores, QUIET + 1)));
    }
  }
  const stop = new AbortController();
  const workers = Array.from({ length: WORKERS }, () => work(stores, { waitsMs, stop: stop.signal }));
  await Promise.all(
    Array.from({ length: QUIET }, async (_, index) => {
      await wait((index * EVERY_MS) / QUIET);
      for (let count = 0; count < TASKS_EACH; count += 1) {
        await admit(stores, index + 1);
        await wait(EVERY_MS);
      }
    }),
  );
  while (waitsMs.length < QUIET * TASKS_EACH) {
    await wait(IDLE_MS);
  }
  stop.abort();
  await Promise.all(workers);
  return quantile(waitsMs, 0.95);
}

async function admit(stores: Stores, repository: number): Promise<void> {
  threads += 1;
  const now = new Date();
  const task = makeTask(now, { repository, thread: threads });
  await stores.tasks.admit({
    task,
    semanticKey: `fair:${task.id}`,
    now,
    rate: { perUserPerHour: 1_000_000 },
    outbox: [],
  });
}

async function work(stores: Stores, round: { waitsMs: number[]; stop: AbortSignal }): Promise<void> {
  while (!round.stop.aborted) {
    const claimed = await stores.tasks.claim({ owner: 'bench', now: new Date(), leaseMs: 30_000, limits: LIMITS });
    if (claimed === null) {
      await wait(IDLE_MS);
      continue;
    }
    if (claimed.task.repository.id <= QUIET) {
      round.waitsMs.push(Date.now() - claimed.task.createdAt.getTime());
    }
    await wait(WORK_MS);
    await end(stores, claimed);
  }
}
