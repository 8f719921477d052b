import type { Machine } from '../frame/describe-machine.ts';
import { median } from '../frame/quantile.ts';
import type { Report } from '../frame/report.ts';
import { showNumber, showSpread } from '../frame/show-spread.ts';

export type LatencyContestant = 'table' | 'sqs' | 'graphile' | 'pgBossNotify' | 'pgBossPolling' | 'dbos';

export interface LatencyRound {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From the answer to the enqueueing call; below 0 where the claim came before it. */
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
  readonly idleTransactionsPerSecond: number;
}

export type LatencyRounds = Readonly<Record<LatencyContestant, LatencyRound[]>>;

const NAMES: Readonly<Record<LatencyContestant, string>> = {
  table: 'Bosun, through the table',
  sqs: 'Bosun, through SQS on loopback',
  graphile: 'graphile-worker',
  pgBossNotify: 'pg-boss, woken by NOTIFY',
  pgBossPolling: 'pg-boss, polling each 0.5 s',
  dbos: 'DBOS, polling from each 10 ms',
};
const GOALS = { p50Ms: 3, p99Ms: 10, idle: 0 } as const;

export function reportLatency(rounds: LatencyRounds, facts: { machine: Machine; runs: number }): Report {
  const p50 = median(rounds.table.map(({ p50Ms }) => p50Ms));
  const p99 = median(rounds.table.map(({ p99Ms }) => p99Ms));
  const idle = median(rounds.table.map((round) => round.idleTransactionsPerSecond));
  const names = Object.keys(NAMES) as LatencyContestant[];
  return {
    bench: 'latency',
    runs: facts.runs,
    machine: facts.machine,
    notes: [
      'One job at a time on an idle system, from the enqueueing call to its claim; commits are synced. The answer to the call comes in between, and the time from there is shown beside it.',
      "Bosun admits in one process and claims in another, under every limit and budget; the engines add and run in one process, which spares them the way between two. Bosun's claim is durable when its time is taken.",
      'Idle transactions are those of pg_stat_database over five seconds, asked for from another database; autovacuum is among them.',
    ],
    tables: [
      {
        title: 'Enqueued → claimed',
        head: ['', 'p50 ms', 'p99 ms', 'p50 ms from the answer', 'p99 ms from the answer', 'idle transactions/s'],
        rows: names.map((name) => [
          NAMES[name],
          spread(rounds[name], 'p50Ms'),
          spread(rounds[name], 'p99Ms'),
          spread(rounds[name], 'addedP50Ms'),
          spread(rounds[name], 'addedP99Ms'),
          spread(rounds[name], 'idleTransactionsPerSecond'),
        ]),
      },
    ],
    goals: [
      goal('p50 through the table', { limit: GOALS.p50Ms, value: p50, unit: ' ms' }),
      goal('p99 through the table', { limit: GOALS.p99Ms, value: p99, unit: ' ms' }),
      goal('transactions a second while idle, through the table', { limit: GOALS.idle, value: idle, unit: '' }),
    ],
    plot: {
      title: 'Enqueued → claimed on an idle system',
      unit: 'ms',
      scale: 'log',
      groups: names.map((name) => ({
        label: NAMES[name],
        bars: [
          { label: 'p50', value: median(rounds[name].map(({ p50Ms }) => p50Ms)) },
          { label: 'p99', value: median(rounds[name].map(({ p99Ms }) => p99Ms)) },
        ],
      })),
    },
    figures: { ...rounds },
  };
}

function spread(rounds: readonly LatencyRound[], figure: keyof LatencyRound): string {
  const numbers = rounds.map((round) => round[figure]);
  return showSpread(numbers, 1);
}

function goal(
  what: string,
  { limit, value, unit }: { limit: number; value: number; unit: string },
): Report['goals'][0] {
  return { what, goal: `at most ${limit}${unit}`, measured: `${showNumber(value, 1)}${unit}`, met: value <= limit };
}
