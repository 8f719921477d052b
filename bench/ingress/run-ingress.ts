import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../../app/store/database.ts';
import { describeMachine } from '../frame/describe-machine.ts';
import { quantile } from '../frame/quantile.ts';
import type { BenchOptions, Report } from '../frame/report.ts';
import { startChild, type Child } from '../frame/start-child.ts';
import { withCleanUp } from '../frame/with-clean-up.ts';
import type { Load } from '../intake/generate-load.ts';
import { makeDelivery, SECRET } from '../intake/make-delivery.ts';
import type { ServerAddress, ServerPlan } from '../intake/server-plan.ts';
import { CONNECTIONS, openServer } from '../lifecycle/run-lifecycle.ts';
import { reportIngress, type Flow, type IngressFigures } from './report-ingress.ts';

const STEADY_PER_SECOND = 300;
const BURST = { perSecond: 1_000, seconds: 10 } as const;
const CATCH_UP_MS = 300_000;

/** A steady flow and a burst of deliveries against Bosun's receiver and router, on a PostgreSQL that syncs every commit. */
export async function runIngress(options: BenchOptions): Promise<Report> {
  const machine = describeMachine();
  const figures = await withCleanUp(async (defer) => {
    const { connection, database } = await openServer(defer, options);
    const generator = startChild('generate-load');
    defer(() => generator.stop());
    const server = startChild('serve-bosun', options);
    defer(() => server.stop());
    const plan: ServerPlan = { connection, secret: SECRET, table: 'inbox', connections: CONNECTIONS, routed: true };
    const { port } = await server.call<ServerAddress>('start', plan);
    return play({ database, generator, port }, options);
  });
  return reportIngress(figures, { machine, bodyBytes: makeDelivery().body.length });
}

interface Stage {
  readonly database: Database;
  readonly generator: Child;
  readonly port: number;
}

async function play(stage: Stage, { minutes, onProgress }: BenchOptions): Promise<IngressFigures> {
  const { database, generator, port } = stage;
  onProgress('Warming up …');
  await generator.call('closed', { port, callers: 32, count: 2_000 });
  await untilRouted(database);
  const before = await countInbox(database);
  onProgress(`${STEADY_PER_SECOND} deliveries a second for ${minutes} minutes …`);
  const steady = await playFlow(stage, { perSecond: STEADY_PER_SECOND, seconds: 60 * minutes });
  onProgress(`${BURST.perSecond} deliveries a second for ${BURST.seconds} s …`);
  const burst = await playFlow(stage, BURST);
  const started = performance.now();
  await untilRouted(database);
  return {
    minutes,
    steady,
    burst,
    answered: steady.sent + burst.sent,
    recorded: (await countInbox(database)).rows - before.rows,
    catchUpMs: performance.now() - started,
  };
}

/** Plays the flow in calls of at most a minute each; a delivery that is not answered with 202 fails the bench. */
async function playFlow(stage: Stage, flow: { perSecond: number; seconds: number }): Promise<Flow> {
  const latenciesMs: number[] = [];
  for (let left = flow.seconds; left > 0; left -= 60) {
    const plan = {
      port: stage.port,
      perSecond: flow.perSecond,
      count: Math.round(flow.perSecond * Math.min(60, left)),
    };
    const load = await stage.generator.call<Load>('open', plan);
    latenciesMs.push(...load.latenciesMs);
  }
  return {
    perSecond: flow.perSecond,
    sent: latenciesMs.length,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    worstMs: quantile(latenciesMs, 1),
    waiting: (await countInbox(stage.database)).waiting,
  };
}

async function countInbox(database: Database): Promise<{ rows: number; waiting: number }> {
  const [row] = await database.query<{ rows: number; waiting: number }>({
    text: `select count(*)::int as rows, count(*) filter (where state = 'new')::int as waiting from inbox`,
  });
  return row ?? { rows: Number.NaN, waiting: Number.NaN };
}

async function untilRouted(database: Database): Promise<void> {
  const until = performance.now() + CATCH_UP_MS;
  for (;;) {
    const { waiting } = await countInbox(database);
    if (waiting === 0) {
      return;
    }
    if (performance.now() > until) {
      throw new Error(`${waiting} deliveries were still not routed after ${CATCH_UP_MS / 1_000} s.`);
    }
    await wait(100);
  }
}
