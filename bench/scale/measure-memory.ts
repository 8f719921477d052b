import { median } from '../frame/quantile.ts';
import { fillBacklog } from '../backlog/fill-backlog.ts';
import { withOrchestrators, type Server } from '../lifecycle/run-lifecycle.ts';

export interface MemoryFigures {
  /** Resident bytes of an orchestrator process that waits, and of one beside a backlog it has looked at. */
  readonly idleBytes: number;
  readonly besideBacklogBytes: number;
  readonly backlog: number;
}

const BACKLOG = 20_000;
const SAMPLES = 5;

/** The backlog is in the database: a process that waits for a slot holds none of it. */
export async function measureMemory(server: Server): Promise<MemoryFigures> {
  const { database } = server;
  await database.query({ text: 'truncate task, lane, budget_scope, outbox cascade' });
  const idleBytes = await readMemory(server);
  // No server slot is free, so the processes look and leave everything waiting.
  await fillBacklog(database, BACKLOG);
  await database.query({ text: `update slot set running = 64 where scope = 'server'` });
  const besideBacklogBytes = await readMemory(server);
  await database.query({ text: `update slot set running = 0 where scope = 'server'` });
  await database.query({ text: 'truncate task, lane cascade' });
  return { idleBytes, besideBacklogBytes, backlog: BACKLOG };
}

async function readMemory(server: Server): Promise<number> {
  return withOrchestrators(server, { count: 1, profileDirectory: null }, async ([process]) => {
    const samples: number[] = [];
    for (let count = 0; count < SAMPLES; count += 1) {
      samples.push((await process?.call<number>('memory')) ?? Number.NaN);
    }
    return median(samples);
  });
}
