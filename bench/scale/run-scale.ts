import type { Database } from '../../app/store/database.ts';
import { describeMachine } from '../frame/describe-machine.ts';
import type { BenchOptions, Report } from '../frame/report.ts';
import { withCleanUp } from '../frame/with-clean-up.ts';
import { playTasks } from '../lifecycle/lifecycle-round.ts';
import { measureBosun, openServer, withOrchestrators, type Server } from '../lifecycle/run-lifecycle.ts';
import { measureMemory } from './measure-memory.ts';
import { reportScale } from './report-scale.ts';
import { PROCESSES, type Processes, type ScaleFigures, type Work } from './scale-figures.ts';

const TASKS = 400;
const CALLERS = 8;
const COMMITS = 3_000;
const COMMITTERS = 16;

/** One, two and four orchestrator processes on one PostgreSQL, and what each task costs it. */
export async function runScale(options: BenchOptions): Promise<Report> {
  const machine = describeMachine();
  const figures = await withCleanUp(async (defer) => {
    const server = await openServer(defer, options);
    return measure(server, options);
  });
  return reportScale(figures, { machine, runs: options.runs });
}

async function measure(server: Server, options: BenchOptions): Promise<ScaleFigures> {
  const { profileDirectory } = options;
  const perSecond: Record<Processes, number[]> = { 1: [], 2: [], 4: [] };
  const work: Work[] = [];
  const commitsPerSecond: number[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    for (const count of PROCESSES) {
      options.onProgress(`${count} process${count === 1 ? '' : 'es'}, run ${run + 1} of ${options.runs} …`);
      perSecond[count].push(await measureBosun(server, { count, profileDirectory, tasks: TASKS }));
    }
    options.onProgress(`What the database does for a task, run ${run + 1} of ${options.runs} …`);
    work.push(await measureWork(server));
    commitsPerSecond.push(await measureCommits(server.database));
  }
  options.onProgress('Memory …');
  return { perSecond, work, commitsPerSecond, memory: await measureMemory(server) };
}

async function measureWork(server: Server): Promise<Work> {
  const { database } = server;
  return withOrchestrators(server, { count: 1, profileDirectory: null }, async (processes) => {
    await playTasks(processes, database, { tasks: 50, callers: CALLERS });
    const before = await readTotals(database);
    await playTasks(processes, database, { tasks: TASKS, callers: CALLERS });
    const after = await readTotals(database);
    const share = (key: keyof Work): number => (after[key] - before[key]) / TASKS;
    return {
      transactions: share('transactions'),
      inserted: share('inserted'),
      updated: share('updated'),
      deleted: share('deleted'),
      walBytes: share('walBytes'),
    };
  });
}

async function readTotals(database: Database): Promise<Work> {
  await database.query({ text: 'select pg_stat_force_next_flush()' });
  const [row] = await database.query<Work>({ text: TOTALS });
  if (row === undefined) {
    throw new Error('the database keeps no statistics of itself');
  }
  return row;
}

const TOTALS = `
select xact_commit::int as transactions, tup_inserted::int as inserted, tup_updated::int as updated,
  tup_deleted::int as deleted, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint as "walBytes"
from pg_stat_database where datname = current_database()`;

async function measureCommits(database: Database): Promise<number> {
  await database.execute('create table if not exists bench_commit (id int primary key, number int not null)');
  await database.query({
    text: 'insert into bench_commit select n, 0 from generate_series(1, $1::int) n on conflict do nothing',
    values: [COMMITTERS],
  });
  const started = performance.now();
  await Promise.all(
    Array.from({ length: COMMITTERS }, async (_, id) => {
      for (let count = 0; count < COMMITS / COMMITTERS; count += 1) {
        await database.query({
          name: 'bench-commit',
          text: 'update bench_commit set number = number + 1 where id = $1',
          values: [id + 1],
        });
      }
    }),
  );
  return (COMMITS * 1_000) / (performance.now() - started);
}
