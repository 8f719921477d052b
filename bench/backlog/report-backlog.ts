import type { Machine } from '../frame/describe-machine.ts';
import { median } from '../frame/quantile.ts';
import type { Report } from '../frame/report.ts';
import { showNumber, showSpread } from '../frame/show-spread.ts';
import { REPOSITORIES } from './fill-backlog.ts';
import { SIZES, type BacklogFigures } from './backlog-figures.ts';

const GOALS = { growth: 1.3, fairness: 2 } as const;

export function reportBacklog(measured: BacklogFigures, facts: { machine: Machine; runs: number }): Report {
  const { claims, fairness, plan } = measured;
  const growth = (key: 'p50Ms' | 'p99Ms'): number =>
    median(claims[1_000_000].map((round, index) => round[key] / (claims[1_000][index]?.[key] ?? Number.NaN)));
  const toAlone = median(fairness.noisyMs.map((value, index) => value / (fairness.aloneMs[index] ?? Number.NaN)));
  return {
    bench: 'backlog',
    runs: facts.runs,
    machine: facts.machine,
    notes: [
      `Waiting tasks are spread over ${showNumber(REPOSITORIES)} repositories, each limited to 4 at a time; every claim checks the limits of repository, person and server, and reserves in three budgets.`,
      'Each size has a database of its own on the same server; sizes take turns, so that what else the machine does falls on all.',
      'Claims are timed one at a time; the rate counts tasks that four callers claim and give back.',
      'Fairness: 20 quiet repositories get a task each every 600 ms; beside them one more has 2,000 waiting. Ten slots, two for each repository, 100 ms of work.',
    ],
    tables: [
      {
        title: 'Claims',
        head: ['waiting tasks', 'p50 ms', 'p99 ms', 'claimed and released per second'],
        rows: SIZES.map((size) => [
          showNumber(size),
          ...(['p50Ms', 'p99Ms'] as const).map((key) =>
            showSpread(
              claims[size].map((round) => round[key]),
              2,
            ),
          ),
          showSpread(claims[size].map((round) => round.perSecond)),
        ]),
      },
      {
        title: 'Wait of quiet repositories, p95',
        head: ['', 'ms'],
        rows: [
          ['alone', showSpread(fairness.aloneMs, 1)],
          ['beside a noisy one', showSpread(fairness.noisyMs, 1)],
        ],
      },
      {
        title: 'Plan of finding the next task, a million waiting',
        head: ['plan'],
        rows: plan.map((line) => [`\`${line}\``]),
      },
    ],
    goals: [
      ...(['p50Ms', 'p99Ms'] as const).map((key) => ({
        what: `${key.slice(0, 3)} at 1,000,000 to that at 1,000`,
        goal: `at most ${GOALS.growth}`,
        measured: showNumber(growth(key), 2),
        met: growth(key) <= GOALS.growth,
      })),
      {
        what: 'p95 wait of quiet repositories next to a busy one',
        goal: `at most ${GOALS.fairness} ×`,
        measured: `${showNumber(toAlone, 2)} ×`,
        met: toAlone <= GOALS.fairness,
      },
    ],
    figures: { ...measured },
  };
}
