import type { Machine } from '../frame/describe-machine.ts';
import { median } from '../frame/quantile.ts';
import type { Report } from '../frame/report.ts';
import { showNumber, showSpread } from '../frame/show-spread.ts';
import type { TracedTransaction } from './trace-lifecycle.ts';

export type Contestant = 'one' | 'two' | 'dbos' | 'pgBoss' | 'graphile';

/** Jobs a second, one number for each run. */
export type LifecycleRates = Readonly<Record<Contestant, number[]>>;

const NAMES: Readonly<Record<Contestant, string>> = {
  one: 'Bosun, whole lifecycle, one process',
  two: 'Bosun, whole lifecycle, two processes',
  dbos: 'DBOS, one-step workflow, partitioned queue',
  pgBoss: 'pg-boss, send → fetch → complete, one at a time',
  graphile: 'graphile-worker, add → run',
};
/** Statements of pg-boss that have to be durable for one job: send, fetch, complete. */
const PG_BOSS_STEPS = 3;
const GOALS = { toDbos: 1, toPgBossStep: 0.8, twoToOne: 1.6 } as const;

export function reportLifecycle(
  measured: { rates: LifecycleRates; traced: readonly TracedTransaction[] },
  facts: { machine: Machine; runs: number },
): Report {
  const { rates, traced } = measured;
  const steps = traced.filter(({ writes }) => writes).length;
  const toDbos = ratio(rates.one, rates.dbos);
  const perJob = ratio(rates.one, rates.pgBoss).map((value) => value * steps);
  const perStep = perJob.map((value) => value / PG_BOSS_STEPS);
  const twoToOne = ratio(rates.two, rates.one);
  return {
    bench: 'lifecycle',
    runs: facts.runs,
    machine: facts.machine,
    notes: [
      `A task is admitted, claimed under its limits, reserved for in three budgets, prepared, hydrated, run with one model request, finished and completed: ${steps} durable transactions with their events. The worker is simulated and takes no time.`,
      'Each engine has its own database on the same server, 16 connections and 16 workers; DBOS limits each of 100 partitions to 4, Bosun each of 100 repositories.',
      'Rates count from the first job added to the last one done, and ratios are taken within a run.',
    ],
    tables: [
      {
        title: 'Rate',
        head: ['', 'a second'],
        rows: (Object.keys(NAMES) as Contestant[]).map((name) => [NAMES[name], showSpread(rates[name])]),
      },
      {
        title: 'The transactions of one lifecycle',
        head: ['statement', 'transaction', 'for'],
        rows: traced.flatMap(({ statements, writes }, index) =>
          statements.map(({ name, purpose }) => [name, writes ? `${index + 1}` : `${index + 1} (read)`, purpose]),
        ),
      },
    ],
    goals: [
      {
        what: "whole lifecycle to DBOS's one step",
        goal: `at least ${GOALS.toDbos}`,
        measured: showSpread(toDbos, 2),
        met: median(toDbos) >= GOALS.toDbos,
      },
      {
        what: `durable steps a second (${steps} a task) to those of pg-boss (${PG_BOSS_STEPS} a job)`,
        goal: `at least ${GOALS.toPgBossStep}`,
        measured: showSpread(perStep, 2),
        met: median(perStep) >= GOALS.toPgBossStep,
      },
      {
        what: 'two processes to one',
        goal: `at least ${GOALS.twoToOne} where the database is not the limit`,
        measured: showNumber(median(twoToOne), 2),
        met: median(twoToOne) >= GOALS.twoToOne,
      },
    ],
    plot: {
      title: 'Jobs a second, from added to done',
      unit: 'a second',
      scale: 'linear',
      groups: (Object.keys(NAMES) as Contestant[]).map((name) => ({
        label: NAMES[name],
        bars: [{ label: '', value: median(rates[name]) }],
      })),
    },
    figures: { rates, steps, toDbos, stepsToPgBossJobs: perJob, stepsToPgBossSteps: perStep, twoToOne, traced },
  };
}

function ratio(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, index) => value / (b[index] ?? Number.NaN));
}
