import { startEmbeddedPostgres } from '../../app/store/embedded/start-embedded-postgres.ts';
import { migrate } from '../../app/store/postgres/migrate.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import type { Database } from '../../app/store/database.ts';
import { describeMachine } from '../frame/describe-machine.ts';
import { makeDirectory } from '../frame/make-directory.ts';
import { median } from '../frame/quantile.ts';
import type { BenchOptions, Report } from '../frame/report.ts';
import { startChild, type Child } from '../frame/start-child.ts';
import { withCleanUp } from '../frame/with-clean-up.ts';
import { makeDelivery, SECRET } from './make-delivery.ts';
import { measureAlternating, type Contestant, type Round } from './measure-alternating.ts';
import { reportIntake, type ContestantName, type IntakeRounds } from './report-intake.ts';
import type { ServerAddress, ServerPlan } from './server-plan.ts';

/** The same three servers on one database: the table each writes to has the shape of the inbox. */
const CONTESTANTS = [
  { name: 'bare', program: 'serve-bare', table: 'bench_bare' },
  { name: 'bosun', program: 'serve-bosun', table: 'inbox' },
  { name: 'probot', program: 'serve-probot', table: 'bench_probot' },
] as const;

/** As many connections as `bosun start` opens. */
const CONNECTIONS = 16;
const LOADS = [
  { callers: 1, count: 300 },
  { callers: 32, count: 1_000 },
] as const;
/** Of each server in each run, in turn with the others. */
const SLICES = 9;
const OPEN_SLICES = 4;
/** Servers live for weeks: what the compiler needs to warm to them is not measured. */
const WARM_UP = { slices: 8, load: { loop: 'closed', callers: 32, count: 1_000 } } as const;

/** Three receivers take the same deliveries, one after the other in turn, on one PostgreSQL that syncs every commit. */
export async function runIntake(options: BenchOptions): Promise<Report> {
  const machine = describeMachine();
  const rounds = await withCleanUp(async (defer) => {
    const place = makeDirectory();
    defer(place.remove);
    options.onProgress('Starting PostgreSQL with fsync on …');
    const embedded = await startEmbeddedPostgres({ dataDir: place.directory, log: SILENT });
    defer(() => embedded.stop());
    const database = await createPostgresDatabase({ connection: embedded.connection, maxConnections: 2 });
    defer(() => database.close());
    await migrate(database);
    const generator = startChild('generate-load');
    defer(() => generator.stop());
    const contestants: Contestant<ContestantName>[] = [];
    for (const { name, program, table } of CONTESTANTS) {
      if (table !== 'inbox') {
        await database.execute(`create table ${table} (like inbox including all)`);
      }
      const server = startChild(program, options);
      defer(() => server.stop());
      const plan: ServerPlan = { connection: embedded.connection, secret: SECRET, table, connections: CONNECTIONS };
      const { port } = await server.call<ServerAddress>('start', plan);
      contestants.push({ name, table, server, port });
    }
    return playRounds(contestants, { database, generator, options });
  });
  return reportIntake(rounds, { machine, runs: options.runs, bodyBytes: makeDelivery().body.length });
}

const SILENT = { info: (): void => undefined, error: (): void => undefined };

interface Stage {
  readonly database: Database;
  readonly generator: Child;
  readonly options: BenchOptions;
}

async function playRounds(contestants: readonly Contestant<ContestantName>[], stage: Stage): Promise<IntakeRounds> {
  const { database, generator, options } = stage;
  options.onProgress('Warming up …');
  await measureAlternating(contestants, generator, WARM_UP);
  const closed: Record<number, Record<ContestantName, Round[]>> = {};
  for (const { callers, count } of LOADS) {
    const rounds: Record<ContestantName, Round[]> = { bare: [], bosun: [], probot: [] };
    closed[callers] = rounds;
    for (let run = 0; run < options.runs; run += 1) {
      options.onProgress(`${callers} caller${callers === 1 ? '' : 's'}, run ${run + 1} of ${options.runs} …`);
      await startAfresh(database, contestants);
      const load = { loop: 'closed', callers, count } as const;
      const measured = await measureAlternating(contestants, generator, { slices: SLICES, load });
      contestants.forEach(({ name }) => rounds[name].push(measured[name]));
    }
  }
  return { closed, half: await playHalf(contestants, closed[32]?.bosun ?? [], stage) };
}

async function playHalf(
  contestants: readonly Contestant<ContestantName>[],
  peak: readonly Round[],
  { database, generator, options }: Stage,
): Promise<IntakeRounds['half']> {
  const perSecond = Math.round(median(peak.map((round) => round.perSecond)) / 2);
  const half = { perSecond, bare: [] as Round[], bosun: [] as Round[] };
  const two = contestants.filter(({ name }) => name !== 'probot');
  for (let run = 0; run < options.runs; run += 1) {
    options.onProgress(`${perSecond} deliveries a second, run ${run + 1} of ${options.runs} …`);
    await startAfresh(database, two);
    const load = { loop: 'open', perSecond, count: perSecond } as const;
    const measured = await measureAlternating(two, generator, { slices: OPEN_SLICES, load });
    half.bare.push(measured.bare);
    half.bosun.push(measured.bosun);
  }
  return half;
}

/** Empty tables and no checkpoint due, so that no run pays for the one before. */
async function startAfresh(database: Database, contestants: readonly Contestant<string>[]): Promise<void> {
  await database.query({ text: `truncate ${contestants.map(({ table }) => table).join(', ')}` });
  await database.query({ text: 'checkpoint' });
}
