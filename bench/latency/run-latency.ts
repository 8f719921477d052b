import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { SqsPlace } from '../../app/queue/sqs/sqs-messages.ts';
import { describeMachine } from '../frame/describe-machine.ts';
import { quantile } from '../frame/quantile.ts';
import type { BenchOptions, Report } from '../frame/report.ts';
import { startChild } from '../frame/start-child.ts';
import { withCleanUp, type Defer } from '../frame/with-clean-up.ts';
import { CONNECTIONS, openServer, type Server } from '../lifecycle/run-lifecycle.ts';
import { urlOf, type JobTime } from '../peers/peer.ts';
import { reportLatency, type LatencyContestant, type LatencyRound, type LatencyRounds } from './report-latency.ts';
import { serveSqs } from './serve-sqs.ts';
import { startBosun } from './time-bosun.ts';

/** Jobs of each contestant in a run; engines that poll are given fewer, and pauses that meet every phase of their interval. */
const CONTESTANTS = {
  table: { database: 'bosun', jobs: 100, longestPauseMs: 80 },
  sqs: { database: 'bosun', jobs: 100, longestPauseMs: 80 },
  graphile: { database: 'bench_graphile', jobs: 100, longestPauseMs: 80 },
  pgBossNotify: { database: 'bench_pg_boss', jobs: 100, longestPauseMs: 80 },
  pgBossPolling: { database: 'bench_pg_boss', jobs: 25, longestPauseMs: 500 },
  dbos: { database: 'bench_dbos', jobs: 100, longestPauseMs: 80 },
} as const;
const WARM_UP_JOBS = 10;
/** An idle session hands its counts in after ten seconds at the latest. */
const SETTLE_MS = 11_000;
const IDLE_MS = 5_000;

/** One job at a time on an idle system, Bosun and three engines in turn on one PostgreSQL that syncs every commit. */
export async function runLatency(options: BenchOptions): Promise<Report> {
  const machine = describeMachine();
  const rounds: LatencyRounds = { table: [], sqs: [], graphile: [], pgBossNotify: [], pgBossPolling: [], dbos: [] };
  await withCleanUp(async (defer) => {
    const server = await openServer(defer, options);
    const sqs = await serveSqs(defer);
    for (let run = 0; run < options.runs; run += 1) {
      for (const name of Object.keys(CONTESTANTS) as LatencyContestant[]) {
        options.onProgress(`${name}, run ${run + 1} of ${options.runs} …`);
        rounds[name].push(await measureAlone(name, { server, sqs }));
      }
    }
  });
  return reportLatency(rounds, { machine, runs: options.runs });
}

interface Stage {
  readonly server: Server;
  readonly sqs: SqsPlace;
}

/** Ends what the contestant started before the next one's turn; children of an interrupted bench end with it. */
async function measureAlone(name: LatencyContestant, stage: Stage): Promise<LatencyRound> {
  const closers: (() => unknown)[] = [];
  try {
    return await measure(name, stage, (close) => closers.push(close));
  } finally {
    for (const close of closers.toReversed()) {
      await close();
    }
  }
}

async function measure(name: LatencyContestant, { server, sqs }: Stage, defer: Defer): Promise<LatencyRound> {
  const { jobs, longestPauseMs, database } = CONTESTANTS[name];
  const time =
    name === 'table' || name === 'sqs'
      ? await startBosun(server, name === 'sqs' ? sqs : null, defer)
      : await startPeer(name, server, defer);
  const times: JobTime[] = [];
  for (let job = -WARM_UP_JOBS; job < jobs; job += 1) {
    // The golden ratio spreads the pauses evenly, whatever their number.
    await wait(10 + longestPauseMs * ((Math.abs(job) * 0.618_034) % 1));
    const taken = await time();
    if (job >= 0) {
      times.push(taken);
    }
  }
  const fromCall = times.map(({ fromCallMs }) => fromCallMs);
  const fromAdded = times.map(({ fromAddedMs }) => fromAddedMs);
  return {
    p50Ms: quantile(fromCall, 0.5),
    p99Ms: quantile(fromCall, 0.99),
    addedP50Ms: quantile(fromAdded, 0.5),
    addedP99Ms: quantile(fromAdded, 0.99),
    idleTransactionsPerSecond: await countIdle(server, database === 'bosun' ? null : database),
  };
}

async function startPeer(
  name: Exclude<LatencyContestant, 'table' | 'sqs'>,
  { connection }: Server,
  defer: Defer,
): Promise<() => Promise<JobTime>> {
  const programs = {
    graphile: 'run-graphile',
    pgBossNotify: 'ping-pg-boss',
    pgBossPolling: 'ping-pg-boss',
    dbos: 'run-dbos',
  } as const;
  const child = startChild(programs[name]);
  defer(() => child.stop());
  const size = { connections: CONNECTIONS, workers: CONNECTIONS, partitions: 1 };
  await child.call('start', { connection, ...size, notify: name === 'pgBossNotify' });
  return () => child.call<JobTime>('time');
}

/** Transactions a second that the engine's database sees while nobody asks for anything, counted from another one. */
async function countIdle({ connection, database: own }: Server, database: string | null): Promise<number> {
  const [bosun] = await own.query<{ name: string }>({ text: 'select current_database() as name' });
  const counted = database ?? bosun?.name;
  const client = new pg.Client({ connectionString: urlOf(connection, 'template1') });
  await client.connect();
  async function count(): Promise<number> {
    const text = 'select (xact_commit + xact_rollback)::int as count from pg_stat_database where datname = $1';
    const { rows } = await client.query<{ count: number }>(text, [counted]);
    return rows[0]?.count ?? Number.NaN;
  }
  try {
    await wait(SETTLE_MS);
    const before = await count();
    await wait(IDLE_MS);
    return ((await count()) - before) / (IDLE_MS / 1_000);
  } finally {
    await client.end();
  }
}
