import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../../app/store/database.ts';
import type { ClaimLimits } from '../../app/store/stores.ts';
import type { Child } from '../frame/start-child.ts';

const PLENTY = 1_000_000_000_000_000;

/** Every limit is there and checked, none is reached. */
export const NO_LIMITS: ClaimLimits = {
  concurrency: { repository: 4, user: 10_000, server: 64 },
  budgets: {
    timeZone: 'UTC',
    serverDayNano: PLENTY,
    repositoryDayNano: PLENTY,
    repositoryMonthNano: PLENTY,
  },
};

/** Resolves once no task is left that has not ended; throws when one did not end as COMPLETED. */
export async function untilAllEnded(database: Database): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ open: boolean }>({
      name: 'bench-open',
      text: 'select exists (select from task where finished_at is null) as open',
    });
    if (row?.open === false) {
      break;
    }
    await wait(5);
  }
  const [failed] = await database.query<{ id: string; state: string; failure: unknown }>({
    text: `select id, state, failure from task where state <> 'COMPLETED' limit 1`,
  });
  if (failed !== undefined) {
    throw new Error(`task ${failed.id} ended as ${failed.state}: ${JSON.stringify(failed.failure)}`);
  }
}

let threads = 1;

/** Has the processes admit and finish `tasks` tasks of 100 repositories together; milliseconds until the last has ended. */
export async function playTasks(
  processes: readonly Child[],
  database: Database,
  load: { tasks: number; callers: number },
): Promise<number> {
  const share = Math.ceil(load.tasks / processes.length);
  const started = performance.now();
  await Promise.all(
    processes.map((process, index) =>
      process.call('admit', {
        tasks: share,
        repositories: 100,
        callers: Math.ceil(load.callers / processes.length),
        firstThread: threads + index * share,
      }),
    ),
  );
  await untilAllEnded(database);
  threads += load.tasks + processes.length;
  return performance.now() - started;
}
