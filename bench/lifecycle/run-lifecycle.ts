import { startEmbeddedPostgres } from '../../app/store/embedded/start-embedded-postgres.ts';
import type { Database } from '../../app/store/database.ts';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import { migrate } from '../../app/store/postgres/migrate.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import { describeMachine } from '../frame/describe-machine.ts';
import { makeDirectory } from '../frame/make-directory.ts';
import type { BenchOptions, Report } from '../frame/report.ts';
import { startChild, type Child } from '../frame/start-child.ts';
import { withCleanUp, type Defer } from '../frame/with-clean-up.ts';
import { NO_LIMITS, playTasks } from './lifecycle-round.ts';
import { reportLifecycle, type LifecycleRates } from './report-lifecycle.ts';
import { traceLifecycle, type TracedTransaction } from './trace-lifecycle.ts';

/** As many connections as `bosun start` opens. */
export const CONNECTIONS = 16;
const CALLERS = 8;
const TASKS = 600;
const WARM_UP_TASKS = 200;
const PEERS = [
  { name: 'dbos', program: 'run-dbos', jobs: 600, partitions: 100 },
  { name: 'pgBoss', program: 'run-pg-boss', jobs: 1_500, partitions: 1 },
  { name: 'graphile', program: 'run-graphile', jobs: 2_000, partitions: 1 },
] as const;

export interface Server {
  readonly connection: PostgresConnection;
  readonly database: Database;
}

/** Bosun's whole lifecycle and the jobs of three engines, in turn on one PostgreSQL that syncs every commit. */
export async function runLifecycle(options: BenchOptions): Promise<Report> {
  const machine = describeMachine();
  const rates: LifecycleRates = { one: [], two: [], dbos: [], pgBoss: [], graphile: [] };
  const traced = await withCleanUp(async (defer) => {
    const server = await openServer(defer, options);
    const transactions = await traceLifecycle(server.database);
    await playRounds(server, rates, options);
    return transactions;
  });
  return reportLifecycle({ rates, traced }, { machine, runs: options.runs });
}

/** PostgreSQL with fsync on and Bosun's schema. */
export async function openServer(defer: Defer, options: BenchOptions): Promise<Server> {
  const place = makeDirectory();
  defer(place.remove);
  options.onProgress('Starting PostgreSQL with fsync on …');
  const embedded = await startEmbeddedPostgres({
    dataDir: place.directory,
    log: { info: () => undefined, error: () => undefined },
  });
  defer(() => embedded.stop());
  const database = await createPostgresDatabase({ connection: embedded.connection, maxConnections: 4 });
  defer(() => database.close());
  await migrate(database);
  return { connection: embedded.connection, database };
}

/** Starts that many orchestrator processes and ends them after `work`. */
export async function withOrchestrators<T>(
  server: Server,
  plan: { count: number; profileDirectory: string | null },
  work: (processes: readonly Child[]) => Promise<T>,
): Promise<T> {
  const processes: Child[] = [];
  try {
    for (let index = 0; index < plan.count; index += 1) {
      const child = startChild('run-orchestrator', { profileDirectory: plan.profileDirectory, flags: ['--expose-gc'] });
      processes.push(child);
      await child.call('start', {
        connection: server.connection,
        owner: `bench-${index}`,
        limits: NO_LIMITS,
        connections: Math.floor((2 * CONNECTIONS) / Math.max(2, plan.count)),
      });
    }
    return await work(processes);
  } finally {
    await Promise.all(processes.map((child) => child.stop()));
  }
}

async function playRounds(server: Server, rates: LifecycleRates, options: BenchOptions): Promise<void> {
  for (let run = 0; run < options.runs; run += 1) {
    for (const [name, count] of [
      ['one', 1],
      ['two', 2],
    ] as const) {
      options.onProgress(`Bosun, ${count} process${count === 1 ? '' : 'es'}, run ${run + 1} of ${options.runs} …`);
      rates[name].push(await measureBosun(server, { count, profileDirectory: options.profileDirectory }));
    }
    for (const peer of PEERS) {
      options.onProgress(`${peer.name}, run ${run + 1} of ${options.runs} …`);
      rates[peer.name].push(await measurePeer(server, peer));
    }
  }
}

/** Only one engine has connections open at a time; the embedded server gives 60. */
async function measurePeer(server: Server, peer: (typeof PEERS)[number]): Promise<number> {
  const child = startChild(peer.program);
  try {
    const { partitions, jobs } = peer;
    const { connection } = server;
    await child.call('start', { connection, connections: CONNECTIONS, workers: CONNECTIONS, partitions });
    await child.call('run', { jobs: Math.ceil(jobs / 4), callers: CALLERS });
    return (jobs * 1_000) / (await child.call<number>('run', { jobs, callers: CALLERS }));
  } finally {
    await child.stop();
  }
}

export async function measureBosun(
  server: Server,
  plan: { count: number; profileDirectory: string | null; tasks?: number },
): Promise<number> {
  const tasks = plan.tasks ?? TASKS;
  const { database } = server;
  await database.query({ text: 'truncate task, lane, budget_scope, outbox cascade' });
  await database.query({ text: `delete from slot where scope <> 'server'` });
  await database.query({ text: 'checkpoint' });
  return withOrchestrators(server, plan, async (processes) => {
    await playTasks(processes, database, { tasks: WARM_UP_TASKS, callers: CALLERS });
    return (tasks * 1_000) / (await playTasks(processes, database, { tasks, callers: CALLERS }));
  });
}

export type { TracedTransaction };
