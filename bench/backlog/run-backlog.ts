import { startEmbeddedPostgres } from '../../app/store/embedded/start-embedded-postgres.ts';
import type { Database } from '../../app/store/database.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import { migrate } from '../../app/store/postgres/migrate.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import type { Stores } from '../../app/store/stores.ts';
import { describeMachine } from '../frame/describe-machine.ts';
import { makeDirectory } from '../frame/make-directory.ts';
import type { BenchOptions, Report } from '../frame/report.ts';
import { withCleanUp, type Defer } from '../frame/with-clean-up.ts';
import { NO_LIMITS } from '../lifecycle/lifecycle-round.ts';
import { makeDatabase } from '../peers/peer.ts';
import { fillBacklog } from './fill-backlog.ts';
import { explainClaim, measureClaims, type ClaimFigures } from './measure-claims.ts';
import { measureFairness } from './measure-fairness.ts';
import { reportBacklog } from './report-backlog.ts';
import { SIZES, type BacklogFigures, type Size } from './backlog-figures.ts';

interface Place {
  readonly database: Database;
  readonly stores: Stores;
}

/** The same claims with few and with many waiting tasks, each size in a database of its own on one server, in turn. */
export async function runBacklog(options: BenchOptions): Promise<Report> {
  const machine = describeMachine();
  const figures = await withCleanUp(async (defer) => {
    const place = makeDirectory();
    defer(place.remove);
    const log = { info: () => undefined, error: () => undefined };
    const embedded = await startEmbeddedPostgres({ dataDir: place.directory, log });
    defer(() => embedded.stop());
    async function open(name: string): Promise<Place> {
      const connection = { url: await makeDatabase(embedded.connection, name) };
      return openPlace(connection, defer);
    }
    return measure(open, options);
  });
  return reportBacklog(figures, { machine, runs: options.runs });
}

async function openPlace(connection: { url: string }, defer: Defer): Promise<Place> {
  const database = await createPostgresDatabase({ connection, maxConnections: 8, statementTimeoutMs: 900_000 });
  defer(() => database.close());
  await migrate(database);
  return { database, stores: createPostgresStores({ database, wake: () => undefined }) };
}

async function measure(open: (name: string) => Promise<Place>, options: BenchOptions): Promise<BacklogFigures> {
  const places = new Map<Size, Place>();
  for (const size of SIZES) {
    options.onProgress(`Making ${size.toLocaleString('en-US')} waiting tasks …`);
    const place = await open(`bench_backlog_${size}`);
    await fillBacklog(place.database, size);
    await measureClaims(place.stores);
    places.set(size, place);
  }
  const quiet = await open('bench_fairness');
  const claims: Record<Size, ClaimFigures[]> = { 1_000: [], 10_000: [], 100_000: [], 1_000_000: [] };
  const fairness = { aloneMs: [] as number[], noisyMs: [] as number[] };
  for (let run = 0; run < options.runs; run += 1) {
    for (const [size, { stores }] of places) {
      options.onProgress(`${size.toLocaleString('en-US')} waiting, run ${run + 1} of ${options.runs} …`);
      claims[size].push(await measureClaims(stores));
    }
    options.onProgress(`Quiet repositories beside a noisy one, run ${run + 1} of ${options.runs} …`);
    for (const [neighbour, into] of [
      ['alone', fairness.aloneMs],
      ['noisy', fairness.noisyMs],
    ] as const) {
      await quiet.database.query({ text: 'truncate task, lane, budget_scope cascade' });
      await quiet.database.query({ text: `update slot set running = 0` });
      into.push(await measureFairness(quiet.stores, neighbour));
    }
  }
  const plan = await explainClaim((places.get(1_000_000) as Place).database, NO_LIMITS);
  return { claims, fairness, plan };
}
